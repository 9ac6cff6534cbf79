"""Events per second from the police's log to the committee's, and the committee hearing by itself."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event

from shared.agreement.parties import Agency
from shared.messaging.carrier import FeedReader
from shared.messaging.feed import MOST_EVENTS
from shared.messaging.puller import Puller
from tests.bench.bare import connect, rewritten
from tests.bench.measure import Child, Pair, clocked
from tests.bench.offices import TO_COMMITTEE, check_heard, hear_all, host, register_many
from tests.bench.yard import Yard

MESSAGES = 5000
ONE_BY_ONE = 2000


def over_http(yard: Yard) -> Iterator[Pair]:
    publisher, count = _publisher(yard), yard.size(MESSAGES)
    for _ in yard.repetitions():
        folder = yard.folder()
        with Child("serve", publisher) as server, host(folder, Agency.COMMUNE) as committee:
            before = committee.service.log.head()
            reader = FeedReader(server.told["url"], server.told["secret"])
            puller = Puller(committee.inbox, TO_COMMITTEE, reader, Event())
            seconds = clocked(_pull, puller, count)
        read = clocked(_read_told, publisher / "log.sqlite")
        yield Pair(count / seconds, count / (read + rewritten(folder / "log.sqlite", folder, before)))


def one_by_one(yard: Yard) -> Iterator[Pair]:
    yield from _hearing(yard, yard.size(ONE_BY_ONE), 1)


def in_batches(yard: Yard) -> Iterator[Pair]:
    yield from _hearing(yard, yard.size(MESSAGES), MOST_EVENTS)


def _hearing(yard: Yard, count: int, batch: int) -> Iterator[Pair]:
    messages = _told(_publisher(yard), count)
    for _ in yard.repetitions():
        folder = yard.folder()
        with host(folder, Agency.COMMUNE) as committee:
            before = committee.service.log.head()
            seconds = clocked(hear_all, committee.inbox, TO_COMMITTEE, messages, batch)
        yield Pair(count / seconds, count / rewritten(folder / "log.sqlite", folder, before))


def _pull(puller: Puller, count: int) -> None:
    while puller.inbox.position(TO_COMMITTEE) < count and puller.pull():
        pass
    check_heard(puller.inbox, TO_COMMITTEE, count)


def _read_told(file: Path) -> None:
    """Page by page, as the feed's batches."""
    read = 0
    with closing(connect(file)) as db:
        while rows := db.execute(
            "SELECT * FROM told WHERE channel=? AND sequence>? ORDER BY sequence LIMIT ?",
            (TO_COMMITTEE.name, read, MOST_EVENTS),
        ).fetchall():
            read = rows[-1][1]


def _publisher(yard: Yard) -> Path:
    """A police office that has told the committee of as many persons as the largest of these wants."""
    folder = yard.folder("publisher")
    with host(folder) as police:
        if police.service.log.books.head("told", TO_COMMITTEE.name)[0] == 0:
            register_many(police.service.log, yard.size(MESSAGES))
    return folder


def _told(publisher: Path, count: int) -> Sequence[bytes]:
    with host(publisher) as police:
        return [
            message.envelope for message in police.service.log.books.select_told(TO_COMMITTEE.name, 0, count)
        ]
