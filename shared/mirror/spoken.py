"""What was spoken, read from a log: an office's own published events and the ones it heard, in one form."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from shared.agreement.casefile import Spoken
from shared.agreement.parties import Agreement, Channel
from shared.contracts.base import Published
from shared.log.application import Recorded
from shared.log.events import Event
from shared.messaging.receipt import EventHeard, NotInContract, read_event


class Remembered(msgspec.Struct, frozen=True):
    """A published event in one office's log. `learnt`: recorded there; `hearer` None for its own."""

    office: str
    position: int
    learnt: datetime
    subject: UUID
    cases: tuple[UUID, ...]
    spoken: Spoken
    own: bool


class Memory:
    """Reads the published language out of a log. `published`: the agency's publications."""

    def __init__(self, agreement: Agreement, published: Callable[[Event], Published | None]) -> None:
        self._agreement = agreement
        self._published = published
        self._latest: tuple[tuple[int, int], Sequence[Remembered]] = ((0, 0), ())

    def of(self, recorded: Recorded) -> Remembered | None:
        """None for what is nobody else's, and for what this program cannot understand (it is parked)."""
        event = recorded.event
        if isinstance(event, EventHeard):
            return self._heard(recorded, event)
        publication = self._published(event)
        if publication is None:
            return None
        stamp = event.stamped
        spoken = Spoken(
            stamp.event_id, publication.contract, stamp.party, publication.occurred, publication.data
        )
        return Remembered(
            stamp.party,
            recorded.position,
            recorded.recorded_at,
            publication.subject,
            publication.cases,
            spoken,
            True,
        )

    def page(self, page: Sequence[Recorded]) -> Sequence[Remembered]:
        """A page's published events; read once, though several views fold the same page."""
        span = page[0].position, page[-1].position
        known, remembered = self._latest
        if known != span:
            remembered = [each for recorded in page if (each := self.of(recorded))]
            # One assignment: a rebuild may fold other pages at the same time.
            self._latest = span, remembered
        return remembered

    def all(self, pages: Iterator[list[Recorded]]) -> Iterator[Remembered]:
        for page in pages:
            yield from self.page(page)

    def _heard(self, recorded: Recorded, event: EventHeard) -> Remembered | None:
        channel = Channel.named(event.channel)
        try:
            heard = read_event(event, self._agreement)
        except NotInContract:
            return None
        spoken = Spoken(heard.event_id, heard.contract.name, channel.publisher, heard.occurred, heard.data)
        return Remembered(
            channel.hearer, recorded.position, recorded.recorded_at, heard.subject, heard.cases, spoken, False
        )
