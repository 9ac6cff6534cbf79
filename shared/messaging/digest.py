"""The daily exchange of digests: each publisher says what it holds to have told, the hearer compares."""

from datetime import date, datetime
from uuid import UUID

from shared.agreement.parties import Channel
from shared.contracts.base import Published
from shared.log.application import UnitOfWork, natural_id
from shared.log.events import Aggregate, Event


class DigestSaid(Event, frozen=True, kw_only=True):
    TOPIC = "messaging/digest.said"
    channel: str
    upto: int
    digest: str
    day: date


class OwnChannel(Aggregate):
    """What was said about a channel that this log publishes."""

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.upto = 0

    def say(self, at: datetime, channel: Channel, upto: int, digest: bytes, day: date) -> None:
        # The digest's own message is no news, else two quiet offices would talk for ever.
        if upto > self.upto + 1 or (self.upto == 0 and upto > 0):
            self.trigger(DigestSaid, at, channel=channel.name, upto=upto, digest=digest.hex(), day=day)

    def when(self, event: DigestSaid) -> None:
        self.upto = event.upto


def say_digest(work: UnitOfWork, channel: Channel, day: date) -> None:
    upto, digest = work.log.books.head("told", channel.name)
    own = work.get_or_new(OwnChannel, natural_id("own-channel", channel.name))
    own.say(work.now, channel, upto, digest, day)


def published(event: Event) -> Published | None:
    """What this module's events say in the published language."""
    if not isinstance(event, DigestSaid):
        return None
    return Published(
        "ChannelDigest",
        event.originator_id,
        (),
        event.occurred,
        {"upto": event.upto, "digest": event.digest, "day": event.day.isoformat()},
        only_hearer=Channel.named(event.channel).hearer,
    )
