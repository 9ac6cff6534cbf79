"""What an office knew on a day, and why each decision was taken: replayed from the log, nothing else.

By *learnt*: everything recorded until the end of that local day. By *occurred*: everything that had
happened by then, whenever it was learnt. Replay acts on nothing: there is no sender here.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from shared.agreement.casefile import CaseFile, fold
from shared.log.application import AgencyLog, Recorded
from shared.log.clock import start_of
from shared.messaging.receipt import EventHeard
from shared.mirror.spoken import Memory, Remembered

By = Literal["learnt", "occurred"]
_ENVELOPE_FIELDS = frozenset({"originator_id", "originator_version", "occurred", "stamp"})


class Known(msgspec.Struct, frozen=True):
    """A published event that the office knew."""

    learnt: datetime
    occurred: datetime
    event: str
    publisher: str
    told_to: list[str]
    data: dict[str, Any]


class Decided(msgspec.Struct, frozen=True):
    """A decision of the office's own, with its grounds, published or not."""

    recorded: datetime
    occurred: datetime
    decision: str
    actor: str
    because_of: UUID | None
    facts: dict[str, Any]


class Answer(msgspec.Struct, frozen=True):
    """`file` and `stage` as they stood; `position`: up to which event the log was read."""

    case: UUID
    office: str
    as_of: date
    by: By
    position: int
    stage: str
    commune: str | None
    file: CaseFile
    knew: list[Known]
    decisions: list[Decided]


def as_of(log: AgencyLog, memory: Memory, office: str, case: UUID, day: date, by: By) -> Answer:
    """Replay the log for one case of one office as of the end of a local day."""
    end = start_of(day + timedelta(days=1)) - timedelta(microseconds=1)
    until = log.books.last_recorded_until(end) if by == "learnt" else log.head()
    file, knew, decisions = CaseFile(case), list[Known](), list[Decided]()
    about = _AboutCase(case)
    for page in log.read(until=until) if until else ():
        for recorded in page:
            remembered = memory.of(recorded)
            if by == "occurred" and recorded.event.occurred > end:
                continue
            if remembered and remembered.office == office and case in remembered.cases:
                fold(file, remembered.spoken)
                knew.append(_known(log, remembered))
            if recorded.event.stamp and recorded.event.stamp.party == office and about.concerns(recorded):
                decisions.append(_decided(recorded))
    knew.sort(key=lambda known: (known.occurred, known.learnt))
    return Answer(case, office, day, by, until, file.stage, file.commune, file, knew, decisions)


class _AboutCase:
    """Which of our own decisions concern a case: those that name it, and all of an aggregate born for it."""

    def __init__(self, case: UUID) -> None:
        self._case = case
        self._name = str(case).encode()
        self._born_for_it: set[UUID] = set()

    def concerns(self, recorded: Recorded) -> bool:
        event = recorded.event
        if isinstance(event, EventHeard):
            return False
        if event.originator_version == 1 and getattr(event, "person_id", None) == self._case:
            self._born_for_it.add(event.originator_id)
        return event.originator_id in self._born_for_it or self._name in msgspec.json.encode(event)


def _known(log: AgencyLog, remembered: Remembered) -> Known:
    spoken = remembered.spoken
    told_to = (
        [name.partition("→")[2] for name in log.books.channels_told(str(spoken.event_id))]
        if remembered.own
        else [remembered.office]
    )
    return Known(remembered.learnt, spoken.occurred, spoken.name, spoken.publisher, told_to, spoken.data)


def _decided(recorded: Recorded) -> Decided:
    event = recorded.event
    stamp = event.stamped
    facts = {name: value for name, value in _facts(event) if name not in _ENVELOPE_FIELDS}
    return Decided(recorded.recorded_at, event.occurred, event.TOPIC, stamp.actor, stamp.causation, facts)


def _facts(event: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    yield from msgspec.to_builtins(event).items()
