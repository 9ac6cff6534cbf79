"""The table, and what it was measured on."""

import os
import platform
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from tests.bench.measure import MEGABYTE, Found, Pair, fsync_micros
from tests.bench.yard import Yard

PACKAGES = ("eventsourcing", "msgspec", "marshmallow", "rfc8785", "flask", "waitress", "urllib3")

HEAD = """# How fast, how lean

Written by `make bench`; do not edit. Every row does the work with the real services, then writes or reads the very
rows that came of it by `sqlite3` alone (same tables, indexes and pragmas, same commits, rows made ready), in turns,
n times. Shown are medians, with the least and the most; the ratio is the median of the n ratios. Absolute rates are
this machine's; the ratio travels better.
"""
QUICK = "**A trial with a hundredth of everything: the numbers say nothing.**"


def report(found: Sequence[Found], yard: Yard) -> str:
    """Markdown."""
    parts = [HEAD, "\n".join(_circumstances(yard.place)), _table(found)]
    if yard.quick:
        parts.insert(1, QUICK)
    if any(each.pairs[0].memory for each in found):
        parts.append(_memory_table(found))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _circumstances(place: Path) -> Iterator[str]:
    memory = psutil.virtual_memory().total / 1024 / MEGABYTE
    yield f"* {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}"
    yield f"* {_processor()}, {os.cpu_count()} cores, {memory:.0f} GB; load at the end {os.getloadavg()[0]:.1f}"
    yield f"* {platform.system()} {platform.release()}, Python {platform.python_version()}"
    yield f"* SQLite {sqlite3.sqlite_version}, " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield (
        "* log: WAL, synchronous=FULL (each commit reaches the disk before it returns); views: WAL, synchronous=OFF"
        f" (they can be folded again). One write of 4 KiB with fsync takes {fsync_micros(place):.0f} µs here"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if _has_cpuinfo() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _has_cpuinfo() -> bool:
    return Path("/proc/cpuinfo").exists()


def _commit() -> str:
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return said.stdout.strip()


def _table(found: Sequence[Found]) -> str:
    lines = ["| Work | Beside | n | Ours | Bare | Ratio | Target |", "|---|---|--:|--:|--:|--:|--:|"]
    for each in found:
        row = each.row
        ours = f"{_rate(each.spread(lambda pair: pair.ours))} {row.unit}"
        bare = _rate(each.spread(lambda pair: pair.bare))
        cells = (row.work, row.beside, str(len(each.pairs)), ours, bare, _ratio(each), row.target)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _rate(spread: tuple[float, float, float]) -> str:
    median, least, most = (f"{value:,.0f}" for value in spread)
    return f"**{median}** [{least}..{most}]"


def _ratio(found: Found) -> str:
    if found.row.as_times:
        median, least, most = (f"{value:.1f}" for value in found.spread(lambda pair: 1 / pair.ratio))
        return f"**{median} ×** the time [{least}..{most}]"
    median, least, most = (f"{value:.2f}" for value in found.spread(lambda pair: pair.ratio))
    return f"**{median}** [{least}..{most}]"


def _memory_table(found: Sequence[Found]) -> str:
    lines = [
        "Resident memory (MB), in a process of its own; flat means that it does not grow with the rows:",
        "",
        "| Work | before | after a quarter | at the most |",
        "|---|--:|--:|--:|",
    ]
    for each in found:
        if each.pairs[0].memory:
            values = (each.spread(_of_memory(name)) for name in ("start", "quarter", "peak"))
            lines.append(
                f"| {each.row.work} | " + " | ".join(f"{median:.0f}" for median, *_ in values) + " |"
            )
    return "\n".join(lines)


def _of_memory(name: str) -> Callable[[Pair], float]:
    return lambda pair: float(getattr(pair.memory, name))
