"""Reading back: views rebuilt from a whole log, the log as events, one long-lived aggregate."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from services.police.application.persons import case_key
from services.police.person import ReleasedPerson
from services.police.service import AGENCY as POLICE_SERVICE
from shared.agreement.parties import Channel
from shared.log.application import UnitOfWork
from shared.log.views import PAGE
from shared.messaging.feed import MOST_EVENTS
from shared.messaging.inbox import Inbox
from tests.bench.bare import connect
from tests.bench.measure import Child, Pair, clocked
from tests.bench.offices import AGREEMENT, BANK, POLICE, log_of, register_many, said_by_the_bank
from tests.bench.yard import Yard

EVENTS = 200_000
RECOVERIES = 4
LOAN_OF = 4
"""One person in so many gets a loan: 3 events each when registered, 10 more where the bank tells of a loan."""
LONG_LIFE = 1000
TIMES = 50


def views(yard: Yard) -> Iterator[Pair]:
    log_folder = _year(yard)
    with log_of(log_folder) as log:
        count = log.head()
    for _ in yard.repetitions:
        folder = yard.folder()
        with Child("rebuild", log_folder, folder) as child:
            rebuilt, memory = child.work()
        changes = [after - before for before, after in pairwise([0, *rebuilt["changes"]])]
        bare = clocked(_read_and_upsert, log_folder / "log.sqlite", folder, changes)
        yield Pair(count / rebuilt["seconds"], count / bare, memory)


def whole_log(yard: Yard) -> Iterator[Pair]:
    folder = _year(yard)
    with log_of(folder) as log:
        count = log.head()
        for _ in yard.repetitions:
            seconds = clocked(lambda: [None for page in log.read() for _ in page])
            bare = clocked(_read_all, folder / "log.sqlite")
            yield Pair(count / seconds, count / bare)


def aggregate(yard: Yard) -> Iterator[Pair]:
    folder, times = yard.folder(), yard.size(TIMES)
    with log_of(folder) as log:
        id = case_key(POLICE.code, register_many(log, 1)[0])
        log.decide(POLICE.code, "an", lambda work: _live_long(work, id))
        assert log.get(ReleasedPerson, id).version == LONG_LIFE
        for _ in yard.repetitions:
            seconds = clocked(lambda: [log.get(ReleasedPerson, id) for _ in range(times)])
            bare = clocked(_select, folder / "log.sqlite", id, times)
            yield Pair(times / seconds, times / bare)


def _live_long(work: UnitOfWork, id: UUID) -> None:
    person = work.get(ReleasedPerson, id)
    while person.version < LONG_LIFE:
        person.write_note(work.now, f"ghi chú {person.version}")


def _select(file: Path, id: UUID, times: int) -> None:
    with closing(connect(file)) as db:
        for _ in range(times):
            db.execute(
                "SELECT * FROM stored_events WHERE originator_id=? ORDER BY originator_version", (id.hex,)
            ).fetchall()


def _read_all(file: Path) -> None:
    with closing(connect(file)) as db:
        for _ in _rows(db.execute("SELECT * FROM stored_events ORDER BY notification_id")):
            pass


def _read_and_upsert(log: Path, folder: Path, changes: Sequence[int]) -> None:
    """Every row of the log, and for each page as many upserts as the views made of it."""
    with closing(connect(log)) as source, closing(connect(folder / "bare.sqlite", synchronous="OFF")) as db:
        db.execute("CREATE TABLE bare (id TEXT PRIMARY KEY, state BLOB)")
        pages = _rows(source.execute("SELECT * FROM stored_events ORDER BY notification_id"))
        for page, upserts in zip(pages, changes, strict=True):
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "INSERT INTO bare VALUES (?, ?) ON CONFLICT DO UPDATE SET state=excluded.state",
                [
                    (f"{page[n % len(page)][1]}/{n // len(page)}", page[n % len(page)][4])
                    for n in range(upserts)
                ],
            )
            db.execute("COMMIT")


def _rows(cursor: Any) -> Iterator[list[Any]]:
    while rows := cursor.fetchmany(PAGE):
        yield rows


def _year(yard: Yard) -> Path:
    """A police log of about EVENTS events: persons registered as by an import, loans the bank told of."""
    folder = yard.folder("year")
    with log_of(folder) as log:
        if log.head() < yard.size(EVENTS) // 2:
            cases = register_many(log, round(yard.size(EVENTS) / (3 + 10 / LOAN_OF)))
            inbox, channel = Inbox(log, AGREEMENT, POLICE_SERVICE.reactions), Channel(BANK.code, POLICE.code)
            messages = list(said_by_the_bank(cases[::LOAN_OF], RECOVERIES))
            for first in range(0, len(messages), MOST_EVENTS):
                inbox.hear(channel, messages[first : first + MOST_EVENTS])
            assert inbox.position(channel) == len(messages)
    return folder
