"""Registering persons: from a workbook, and one by one, a commit each."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared.hosting.host import Host
from tests.bench.bare import rewritten
from tests.bench.measure import Child, Pair, clocked
from tests.bench.offices import host, in_register, nobody_yet, register, register_many
from tests.bench.workbook import write_workbook
from tests.bench.yard import Yard

PERSONS = 50_000
MANY = 10_000
COMMANDS = 2000
IMPORTS = 3
"""Times that the whole workbook is imported."""


def import_of_a_workbook(yard: Yard) -> Iterator[Pair]:
    workbook, count = yard.folder() / "danh-sach.xlsx", yard.size(PERSONS)
    write_workbook(workbook, count)
    for _ in yard.repetitions(IMPORTS):
        folder = yard.folder()
        with Child("import", workbook, folder) as child:
            imported, memory = child.work()
        if imported["accepted"] != count:
            raise RuntimeError(f"{imported['accepted']} of {count} were accepted")
        yield Pair(count / imported["seconds"], count / _bare(folder, 0), memory)


def many_in_a_commit(yard: Yard) -> Iterator[Pair]:
    count = yard.size(MANY)
    for _ in yard.repetitions():
        folder = yard.folder()
        with host(folder) as police:
            before = police.service.log.head()
            seconds = clocked(register_many, police.service.log, count)
        yield Pair(count / seconds, count / _bare(folder, before))


def one_thread(yard: Yard) -> Iterator[Pair]:
    yield from _registrations(yard, 1)


def eight_threads(yard: Yard) -> Iterator[Pair]:
    yield from _registrations(yard, 8)


def with_register(yard: Yard) -> Iterator[Pair]:
    yield from _registrations(yard, 1, look=True)


def _registrations(yard: Yard, threads: int, *, look: bool = False) -> Iterator[Pair]:
    count = yard.size(COMMANDS)
    for _ in yard.repetitions():
        folder = yard.folder()
        with host(folder) as police:
            before = police.service.log.head()
            seconds = clocked(_register_all, police, count, threads, look)
        yield Pair(count / seconds, count / _bare(folder, before, threads))


def _register_all(police: Host, count: int, threads: int, look: bool) -> None:
    log = police.service.log
    same = in_register(police.service.views) if look else nobody_yet
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda number: register(log, number, same), range(count)))


def _bare(folder: Path, after: int, threads: int = 1) -> float:
    return rewritten(folder / "log.sqlite", folder, after, threads)
