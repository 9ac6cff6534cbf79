"""Moving a channel that we hear to another carrier: both are read until the new one has what comes next."""

import logging
from datetime import datetime
from uuid import UUID

import msgspec

from shared.agreement.parties import Channel
from shared.log.application import AgencyLog, UnitOfWork, natural_id
from shared.log.events import Aggregate, Event
from shared.messaging.carrier import PeerTrouble
from shared.messaging.inbox import Inbox
from shared.messaging.puller import Carrier

logger = logging.getLogger(__name__)

TURN_SECONDS = 2.0
"""How long the new carrier is listened to before the old one is looked at; the old one, while the new is in trouble."""
LISTEN_SECONDS = 4.0
FEED, KAFKA = "feed", "kafka"
MOST_PAGES = 1000
"""Of messages that we have already, before it is the old carrier's turn again."""


class CarrierChanged(Event, frozen=True, kw_only=True):
    """What stands behind the sequence `after` is heard over `carrier`, and over no other."""

    TOPIC = "messaging/carrier.changed"
    channel: str
    carrier: str
    after: int


class IncomingCarrier(Aggregate):
    carrier = FEED

    def change(self, at: datetime, channel: Channel, carrier: str, after: int) -> None:
        if carrier != self.carrier:
            self.trigger(CarrierChanged, at, channel=channel.name, carrier=carrier, after=after)

    def when(self, event: CarrierChanged) -> None:
        self.carrier = event.carrier


class _Numbered(msgspec.Struct):
    sequence: str


_numbered = msgspec.json.Decoder(_Numbered)


def carrier_of(log: AgencyLog, channel: Channel) -> str:
    """The carrier over which a channel was last said to be heard."""
    known = log.find(IncomingCarrier, _id(channel))
    return FEED if known is None else known.carrier


def change_carrier(inbox: Inbox, channel: Channel, carrier: str) -> None:
    def act(work: UnitOfWork) -> None:
        incoming = work.get_or_new(IncomingCarrier, _id(channel))
        incoming.change(work.now, channel, carrier, inbox.position(channel))

    inbox.log.decide(channel.hearer, "inbox", act)


class Moving:
    """A carrier made of two. Once the new one offered what follows our position, the old one is not asked again."""

    def __init__(self, inbox: Inbox, channel: Channel, old: Carrier, new: Carrier, name: str) -> None:
        self.inbox = inbox
        self.channel = channel
        self.old = old
        self.new = new
        self.name = name
        self.trouble: str | None = None

    def way(self) -> str:
        """How the channel goes, and what keeps it from moving."""
        if carrier_of(self.inbox.log, self.channel) == self.name:
            return self.name
        return f"→ {self.name}" + (f" ({self.trouble})" if self.trouble else "")

    def fetch(
        self, channel: Channel, last_event_id: str | None, wait: float = LISTEN_SECONDS
    ) -> tuple[list[bytes], int | None]:
        """Raises PeerTrouble, Unreadable."""
        if carrier_of(self.inbox.log, channel) == self.name:
            return self.new.fetch(channel, last_event_id, wait)
        messages, head = self._offered(channel, last_event_id)
        if not messages:
            return self.old.fetch(channel, last_event_id, TURN_SECONDS if self.trouble else 0)
        change_carrier(self.inbox, channel, self.name)
        logger.info("%s is heard over %s from now on", channel.name, self.name)
        return messages, head

    def _offered(self, channel: Channel, last_event_id: str | None) -> tuple[list[bytes], int | None]:
        """What the new carrier has from the next message on; nothing where it has not that far, or not from there."""
        position = self.inbox.position(channel)
        for _ in range(MOST_PAGES):
            try:
                messages, head = self.new.fetch(channel, last_event_id, TURN_SECONDS)
            except PeerTrouble as trouble:
                if trouble.reason != self.trouble:
                    logger.warning("%s cannot move to %s yet: %s", channel.name, self.name, trouble.reason)
                self.trouble = trouble.reason
                return [], None
            self.trouble = None
            fresh = [message for message in messages if _number(message) > position]
            if fresh or not messages:
                return (fresh, head) if fresh and _number(fresh[0]) == position + 1 else ([], None)
        return [], None


def _number(message: bytes) -> int:
    return int(_numbered.decode(message).sequence)


def _id(channel: Channel) -> UUID:
    return natural_id("incoming-carrier", channel.name)
