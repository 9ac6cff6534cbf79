"""What a measurement is: work done in a time, beside the same done bare, repeated in turns."""

import json
import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import psutil

from tests.bench.yard import Yard

SAMPLE_SECONDS = 0.02
START_SECONDS = 60.0
MEGABYTE = 2**20


@dataclass(frozen=True)
class Memory:
    """Resident megabytes of a process: when it is ready to begin, after a quarter of the time, at the most."""

    start: float
    quarter: float
    peak: float


@dataclass(frozen=True)
class Pair:
    """One repetition. Rates are per second, `bare` of the same rows in the same run."""

    ours: float
    bare: float
    memory: Memory | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


@dataclass(frozen=True)
class Row:
    """A line of the table. `measure` yields a Pair per repetition; `target`: as the issue states it."""

    name: str
    work: str
    beside: str
    unit: str
    measure: Callable[[Yard], Iterator[Pair]]
    target: str = "–"
    as_times: bool = False
    """Whether the ratio is shown as how many times longer ours takes, instead of which part of the rate it reaches."""


@dataclass(frozen=True)
class Found:
    row: Row
    pairs: Sequence[Pair]

    def spread(self, of: Callable[[Pair], float]) -> tuple[float, float, float]:
        """(median, least, most) over the repetitions."""
        values = [of(pair) for pair in self.pairs]
        return statistics.median(values), min(values), max(values)


def clocked(work: Callable[..., Any], *arguments: Any) -> float:
    """Seconds of the machine's time that `work` takes."""
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began


class Child:
    """A process of its own for one piece of work in tests.bench.child: it sets itself up, says it is ready,
    and begins when told."""

    def __init__(self, work: str, *arguments: object) -> None:
        command = [sys.executable, "-m", "tests.bench.child", work, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._says = cast(BinaryIO, self.process.stdout)
        self.told = self._next(START_SECONDS)

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def work(self) -> tuple[Any, Memory]:
        """What the work answers, and how much memory it took."""
        start = self._resident()
        self._begin()
        samples = [start]
        while not self._says_something(SAMPLE_SECONDS):
            samples.append(self._resident())
        return self._next(0), Memory(start, samples[len(samples) // 4], max(samples))

    def _begin(self) -> None:
        hears = cast(BinaryIO, self.process.stdin)
        hears.write(b"go\n")
        hears.flush()

    def _resident(self) -> float:
        return float(psutil.Process(self.process.pid).memory_info().rss) / MEGABYTE

    def _says_something(self, seconds: float) -> bool:
        return bool(select.select([self._says], [], [], seconds)[0])

    def _next(self, seconds: float) -> Any:
        line = self._says.readline() if self._says_something(seconds) else b""
        if not line:
            raise RuntimeError(f"{self.process.args!r} said nothing; it ended with {self.process.poll()}")
        return json.loads(line)


def fsync_micros(folder: Path, times: int = 100) -> float:
    """Median of writing 4 KiB and having them reach the disk, in microseconds."""
    file = os.open(folder / "fsync", os.O_CREAT | os.O_WRONLY)
    try:
        return 1e6 * statistics.median(clocked(lambda: _write_through(file)) for _ in range(times))
    finally:
        os.close(file)


def _write_through(file: int) -> None:
    os.pwrite(file, bytes(4096), 0)
    os.fsync(file)
