"""Commands per second: an officer registers a person, one commit each."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared.log.application import AgencyLog
from shared.log.views import ViewStore
from tests.bench.bare import rewritten
from tests.bench.measure import Pair, clocked
from tests.bench.offices import in_register, log_of, nobody_yet, register, views_of
from tests.bench.yard import Yard


def one_thread(yard: Yard) -> Iterator[Pair]:
    yield from _registrations(yard, 1)


def eight_threads(yard: Yard) -> Iterator[Pair]:
    yield from _registrations(yard, 8)


def with_register(yard: Yard) -> Iterator[Pair]:
    yield from _registrations(yard, 1, look=True)


def _registrations(yard: Yard, threads: int, *, look: bool = False) -> Iterator[Pair]:
    count = yard.size(2000)
    for _ in yard.repetitions:
        folder = yard.folder()
        with log_of(folder) as log:
            before = log.head()
            seconds = _register_all(log, folder, count, threads, look=look)
        bare = rewritten(folder / "log.sqlite", folder, before, threads)
        yield Pair(count / seconds, count / bare)


def _register_all(log: AgencyLog, folder: Path, count: int, threads: int, *, look: bool) -> float:
    same = in_register(ViewStore(folder, log, views_of(log))) if look else nobody_yet
    with ThreadPoolExecutor(threads) as pool:
        return clocked(lambda: list(pool.map(lambda number: register(log, number, same), range(count))))
