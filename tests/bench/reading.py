"""Reading back: views rebuilt from a whole log, the log as events, one long-lived aggregate."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from services.police.application.persons import case_key
from services.police.person import ReleasedPerson
from shared.log.application import AgencyLog, UnitOfWork
from shared.log.views import PAGE
from tests.bench.bare import connect
from tests.bench.measure import Child, Pair, clocked
from tests.bench.offices import OFFICER, POLICE, TO_POLICE, hear_all, host, register_many, said_by_the_bank
from tests.bench.yard import Yard

EVENTS = 200_000
LOAN_OF, RECOVERIES = 4, 4
EVENTS_OF_PERSON, EVENTS_OF_LOAN = 3, 10
"""One person in LOAN_OF gets a loan: then the bank tells seven things, three of which lead to an event of ours."""
LONG_LIFE = 1000
LOADS = 50


def views(yard: Yard) -> Iterator[Pair]:
    office = _office(yard)
    with host(office) as police:
        count = police.service.log.head()
    for _ in yard.repetitions():
        folder = yard.folder()
        with Child("rebuild", office, folder) as child:
            rebuilt, memory = child.work()
        changes = [after - before for before, after in pairwise([0, *rebuilt["changes"]])]
        bare = clocked(_read_and_upsert, office / "log.sqlite", folder, changes)
        yield Pair(count / rebuilt["seconds"], count / bare, memory)


def whole_log(yard: Yard) -> Iterator[Pair]:
    office = _office(yard)
    with host(office) as police:
        log, count = police.service.log, police.service.log.head()
        for _ in yard.repetitions():
            seconds = clocked(_read_events, log)
            yield Pair(count / seconds, count / clocked(_read_rows, office / "log.sqlite"))


def aggregate(yard: Yard) -> Iterator[Pair]:
    folder, times = yard.folder(), yard.size(LOADS)
    with host(folder) as police:
        log = police.service.log
        id = case_key(POLICE.code, register_many(log, 1)[0])
        log.decide(POLICE.code, OFFICER.username, lambda work: _live_long(work, id))
        for _ in yard.repetitions():
            seconds = clocked(_load, log, id, times)
            yield Pair(times / seconds, times / clocked(_select, folder / "log.sqlite", id, times))


def _live_long(work: UnitOfWork, id: UUID) -> None:
    person = work.get(ReleasedPerson, id)
    while person.version < LONG_LIFE:
        person.write_note(work.now, f"ghi chú {person.version}")


def _load(log: AgencyLog, id: UUID, times: int) -> None:
    for _ in range(times):
        assert log.get(ReleasedPerson, id).version == LONG_LIFE


def _select(file: Path, id: UUID, times: int) -> None:
    with closing(connect(file)) as db:
        for _ in range(times):
            select = "SELECT * FROM stored_events WHERE originator_id=? ORDER BY originator_version"
            assert len(db.execute(select, (id.hex,)).fetchall()) == LONG_LIFE


def _read_events(log: AgencyLog) -> None:
    for page in log.read():
        for _ in page:
            pass


def _read_rows(file: Path) -> None:
    with closing(connect(file)) as db:
        for _ in db.execute("SELECT * FROM stored_events ORDER BY notification_id"):
            pass


def _read_and_upsert(log: Path, folder: Path, changes: Sequence[int]) -> None:
    """Every row of the log, and for each page as many upserts as the views made of it."""
    with closing(connect(log)) as source, closing(connect(folder / "bare.sqlite", synchronous="OFF")) as db:
        db.execute("CREATE TABLE bare (id TEXT PRIMARY KEY, state BLOB)")
        rows = source.execute("SELECT originator_id, state FROM stored_events ORDER BY notification_id")
        for upserts in changes:
            page = rows.fetchmany(PAGE)
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "INSERT INTO bare VALUES (?, ?) ON CONFLICT DO UPDATE SET state=excluded.state",
                _upserts(page, upserts),
            )
            db.execute("COMMIT")


def _upserts(page: Sequence[tuple[str, bytes]], count: int) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        id, state = page[number % len(page)]
        yield f"{id}/{number // len(page)}", state


def _office(yard: Yard) -> Path:
    """A police office with about EVENTS events: persons as an import registers them, and loans the bank told of."""
    folder = yard.folder("office")
    with host(folder) as police:
        if not police.service.log.books.channels("heard"):
            persons = round(yard.size(EVENTS) / (EVENTS_OF_PERSON + EVENTS_OF_LOAN / LOAN_OF))
            cases = register_many(police.service.log, persons)
            hear_all(police.inbox, TO_POLICE, list(said_by_the_bank(cases[::LOAN_OF], RECOVERIES)))
    return folder
