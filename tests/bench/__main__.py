"""`python -m tests.bench`: measure, print the table, and keep it as evidence."""

import sys
import tempfile
from pathlib import Path

import click

from tests.bench import commands, hearing, reading
from tests.bench.measure import Found, Row
from tests.bench.report import report
from tests.bench.yard import Yard

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence" / "bench.md"

ROWS = (
    Row(
        "import",
        "a workbook of 50,000 new persons imported: checked, rehearsed, recorded",
        "the same commits",
        "rows/s",
        commands.import_of_a_workbook,
    ),
    Row(
        "register-500",
        "persons registered without a workbook, 500 in a commit",
        "the same commits",
        "persons/s",
        commands.many_in_a_commit,
    ),
    Row(
        "command-1",
        "a person registered, one commit each, 1 thread",
        "the same commits",
        "commands/s",
        commands.one_thread,
    ),
    Row(
        "command-8",
        "the same, 8 threads",
        "the same commits, 8 threads",
        "commands/s",
        commands.eight_threads,
    ),
    Row(
        "command-register",
        "the same, 1 thread, looking first in the register (a view, caught up) for the same person",
        "the same commits",
        "commands/s",
        commands.with_register,
    ),
    Row(
        "relay",
        "told by the police, over the HTTP feed, heard and acted on by the commune in batches",
        "reading `told`, writing the commune's rows, as many commits",
        "events/s",
        hearing.over_http,
    ),
    Row("hear-1", "hearing, one event per commit", "the same commits", "events/s", hearing.one_by_one),
    Row("hear-100", "hearing, 100 events per commit", "the same commits", "events/s", hearing.in_batches),
    Row(
        "views",
        "all views of a police office rebuilt from 200,000 events",
        "reading the rows, as many upserts",
        "events/s",
        reading.views,
    ),
    Row(
        "log",
        "the whole log as domain events, 200,000",
        "a cursor over the rows",
        "events/s",
        reading.whole_log,
    ),
    Row(
        "aggregate",
        "one aggregate of 1,000 events loaded",
        "selecting its rows",
        "loads/s",
        reading.aggregate,
        as_times=True,
    ),
)


@click.command()
@click.option("--quick", is_flag=True, help="Everything small, only to see that it runs.")
@click.option(
    "--only", multiple=True, type=click.Choice([row.name for row in ROWS]), help="These rows alone."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where the table is kept; of a whole run by default docs/evidence/bench.md.",
)
def main(quick: bool, only: tuple[str, ...], out: Path | None) -> None:
    """Measure how fast phoihop is beside bare sqlite3."""
    rows = [row for row in ROWS if not only or row.name in only]
    with tempfile.TemporaryDirectory(prefix="phoihop-bench-") as place:
        yard = Yard(Path(place), quick)
        found = [_measure(row, yard) for row in rows]
        text = report(found, yard)
    click.echo(text)
    if out is None and not quick and not only:
        out = EVIDENCE
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")


def _measure(row: Row, yard: Yard) -> Found:
    click.echo(f"{row.name} … ", err=True, nl=False)
    found = Found(row, tuple(row.measure(yard)))
    click.echo(f"{found.spread(lambda pair: pair.ours)[0]:,.0f} {row.unit}", err=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
