"""Whether a channel is listened to: it stops, and says so, when what comes on it cannot be right."""

from datetime import datetime
from uuid import UUID

from shared.agreement.errors import Refused
from shared.agreement.parties import Channel
from shared.log.application import natural_id
from shared.log.events import Aggregate, Event


class ChannelStopped(Event, frozen=True, kw_only=True):
    """`code`: gap, changed, went_back, unreadable, foreign, digest, too_many_parked."""

    TOPIC = "messaging/channel.stopped"
    channel: str
    code: str
    reason: str


class ChannelResumed(Event, frozen=True, kw_only=True):
    TOPIC = "messaging/channel.resumed"
    channel: str
    by: str


class ChannelNotStopped(Refused):
    code = "channel_not_stopped"

    def __init__(self, channel: str) -> None:
        super().__init__(
            f"Kênh {channel} không bị dừng.", f"Channel {channel} is not stopped.", channel=channel
        )


class ChannelState(Aggregate):
    CALLED = "channel"

    stopped: ChannelStopped | None = None

    def stop(self, at: datetime, channel: Channel, code: str, reason: str) -> None:
        if self.stopped is None:
            self.trigger(ChannelStopped, at, channel=channel.name, code=code, reason=reason[:2000])

    def resume(self, at: datetime, channel: Channel, by: str) -> None:
        """Raises ChannelNotStopped."""
        if self.stopped is None:
            raise ChannelNotStopped(channel.name)
        self.trigger(ChannelResumed, at, channel=channel.name, by=by)

    def when(self, event: Event) -> None:
        self.stopped = event if isinstance(event, ChannelStopped) else None


def channel_state_id(channel: Channel) -> UUID:
    return natural_id("channel", channel.name)
