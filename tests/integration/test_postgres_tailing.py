"""Who follows the log while many write to it misses nothing, and sees nothing before what stands before it."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.log.stores import environment
from tests.support.kernel import opened
from tests.support.stores import store_at

ROOT = Path(__file__).parents[2]
WRITERS, COMMITS, EVENTS = 4, 640, 20

WRITE = f"""
import sys
from uuid import uuid4
from eventsourcing.persistence import StoredEvent
from shared.log.postgres import LogDatastore, LogRecorder

books = LogRecorder(LogDatastore(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range({COMMITS}):
    size = 1 + (number * 7) % {2 * EVENTS - 1}
    books.insert_events([StoredEvent(uuid4(), 1, "toy/written#1", b"x" * 200) for _ in range(size)])
books.datastore.close()
"""


@pytest.mark.usefixtures("on_postgres")
def test_a_reader_who_follows_four_writing_processes_misses_nothing(tmp_path: Path) -> None:
    dsn = environment(store_at(tmp_path / "log"))["POSTGRES_DSN"]
    total = 1 + WRITERS * sum(1 + (number * 7) % (2 * EVENTS - 1) for number in range(COMMITS))
    assert total > 50_000
    with opened(tmp_path / "log") as log, ExitStack() as stack:
        writers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", WRITE, dsn],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(WRITERS)
        ]
        for writer in writers:
            assert writer.stdout
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            assert writer.stdin
            writer.stdin.write("go\n")
            writer.stdin.flush()
        seen, recorded, looks = 0, 0, 0
        while seen < total:
            page = log.books.select_notifications(seen, 500, inclusive_of_start=False)
            looks += 1
            assert [each.id for each in page] == list(range(seen + 1, seen + 1 + len(page)))
            for each in page:
                assert each.recorded_micros >= recorded
                recorded = each.recorded_micros
            seen += len(page)
            if not page:
                assert any(writer.poll() is None for writer in writers) or log.head() == seen
        assert [writer.wait(30) for writer in writers] == [0] * WRITERS
        assert log.head() == total
        assert looks > total // 500  # it followed them, rather than come when all was over
