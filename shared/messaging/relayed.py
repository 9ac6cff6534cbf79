"""What is known of a channel's carrier at its publisher: from where it is relayed, and how far it is."""

from datetime import datetime
from uuid import UUID

from shared.agreement.parties import Channel
from shared.log.application import AgencyLog, natural_id
from shared.log.events import Aggregate, Event


class RelayBegun(Event, frozen=True, kw_only=True):
    """From now on the channel is copied to a broker, beginning behind the sequence `after`."""

    TOPIC = "messaging/relay.begun"
    channel: str
    after: int


class OutgoingCarrier(Aggregate):
    after = 0

    def begin(self, at: datetime, channel: Channel, after: int) -> None:
        self.trigger(RelayBegun, at, channel=channel.name, after=after)

    def when(self, event: RelayBegun) -> None:
        self.after = event.after


def outgoing_carrier_id(channel: Channel) -> UUID:
    return natural_id("outgoing-carrier", channel.name)


def relays_after(log: AgencyLog, channel: Channel) -> int:
    """The sequence behind which the topic begins; 0 for a channel that never had another carrier."""
    known = log.find(OutgoingCarrier, outgoing_carrier_id(channel))
    return 0 if known is None else known.after


def relayed(log: AgencyLog, channel: Channel) -> int:
    """The sequence up to which the broker has acknowledged the channel."""
    return log.books.max_tracking_id(f"relay/{channel.name}") or 0
