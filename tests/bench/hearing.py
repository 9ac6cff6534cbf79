"""Events per second from the police's log to the committee's, and the committee hearing by itself."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event

from services.commune.service import AGENCY as COMMUNE_SERVICE
from shared.agreement.parties import Channel
from shared.log.application import AgencyLog
from shared.messaging.carrier import FeedReader
from shared.messaging.feed import MOST_EVENTS
from shared.messaging.inbox import Inbox
from shared.messaging.puller import Puller
from tests.bench.bare import commits_of, connect, new_file, rewritten, write
from tests.bench.measure import Child, Pair, clocked
from tests.bench.offices import AGREEMENT, COMMITTEE, POLICE, log_of, register_many
from tests.bench.yard import Yard

CHANNEL = Channel(POLICE.code, COMMITTEE.code)


def over_http(yard: Yard) -> Iterator[Pair]:
    publisher = _publisher(yard)
    count = yard.size(5000)
    for _ in yard.repetitions:
        folder = yard.folder()
        with Child("serve", publisher) as server, log_of(folder, COMMUNE_SERVICE) as log:
            before = log.head()
            reader = FeedReader(server.told["url"], server.told["secret"])
            puller = Puller(Inbox(log, AGREEMENT, COMMUNE_SERVICE.reactions), CHANNEL, reader, Event())
            seconds = clocked(_pull, puller, count)
        commits = commits_of(folder / "log.sqlite", before)
        file = new_file(folder / "log.sqlite", folder)
        bare = clocked(_read_told, publisher / "log.sqlite") + write(file, commits)
        yield Pair(count / seconds, count / bare)


def one_by_one(yard: Yard) -> Iterator[Pair]:
    yield from _hearing(yard, yard.size(2000), 1)


def in_batches(yard: Yard) -> Iterator[Pair]:
    yield from _hearing(yard, yard.size(5000), MOST_EVENTS)


def _hearing(yard: Yard, count: int, batch: int) -> Iterator[Pair]:
    with log_of(_publisher(yard)) as publisher:
        messages = [m.envelope for m in publisher.books.select_told(CHANNEL.name, 0, count)]
    for _ in yard.repetitions:
        folder = yard.folder()
        with log_of(folder, COMMUNE_SERVICE) as log:
            before = log.head()
            seconds = clocked(_hear, log, messages, batch)
        yield Pair(count / seconds, count / rewritten(folder / "log.sqlite", folder, before))


def _hear(log: AgencyLog, messages: Sequence[bytes], batch: int) -> None:
    inbox = Inbox(log, AGREEMENT, COMMUNE_SERVICE.reactions)
    for first in range(0, len(messages), batch):
        inbox.hear(CHANNEL, messages[first : first + batch])
    _check_heard(inbox, len(messages))


def _pull(puller: Puller, count: int) -> None:
    while puller.inbox.position(CHANNEL) < count:
        puller.pull()
    _check_heard(puller.inbox, count)


def _check_heard(inbox: Inbox, count: int) -> None:
    if inbox.position(CHANNEL) != count or inbox.stopped(CHANNEL):
        raise RuntimeError(f"heard {inbox.position(CHANNEL)} of {count}: {inbox.stopped(CHANNEL)}")


def _read_told(file: Path) -> None:
    """Page by page, as the feed's batches."""
    read = 0
    with closing(connect(file)) as db:
        while rows := db.execute(
            "SELECT * FROM told WHERE channel=? AND sequence>? ORDER BY sequence LIMIT ?",
            (CHANNEL.name, read, MOST_EVENTS),
        ).fetchall():
            read = rows[-1][1]


def _publisher(yard: Yard) -> Path:
    """A police office that has told the committee of as many persons as the largest of these wants."""
    folder = yard.folder("publisher")
    with log_of(folder) as log:
        if log.books.head("told", CHANNEL.name)[0] == 0:
            register_many(log, yard.size(5000))
    return folder
