"""Many write at the same time, from threads and from processes: all is recorded, in one order."""

import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import UUID, uuid4

from eventsourcing.persistence import OperationalError
from pytest import raises

from shared.agreement.parties import Agency, Channel
from shared.log.application import AgencyLog, Outcome
from shared.log.channels import NOTHING, chain, envelope_hash
from shared.log.clock import system_clock
from tests.support.kernel import CA_DONG, UBND_DONG, Notebook, command, note, noting, opened, say_release
from tests.support.threads import in_threads

BOOK = UUID(int=4)
CHANNEL = Channel(CA_DONG, UBND_DONG).name
ROOT = Path(__file__).parents[2]


def check_order(log: AgencyLog, writers: int, each: int) -> None:
    """Versions and positions without a gap, in the order of recording."""
    recorded = [it for page in log.read() for it in page]
    assert [it.position for it in recorded] == list(range(1, writers * each + 2))
    assert [it.recorded_at for it in recorded] == sorted(it.recorded_at for it in recorded)
    noted = [it.event for it in recorded if it.event.originator_id == BOOK]
    assert [event.originator_version for event in noted] == list(range(1, writers * each + 1))
    per_writer = Counter(line.split()[0] for line in log.get(Notebook, BOOK).lines)
    assert per_writer == {str(number): each for number in range(writers)}


def test_eight_threads_decide_on_one_aggregate_and_no_decision_is_lost(tmp_path: Path) -> None:
    with opened(tmp_path / "log.sqlite", system_clock) as log:

        def act(writer: int) -> None:
            for count in range(50):
                note(log, BOOK, f"{writer} {count}")

        in_threads(8, act)
        check_order(log, writers=8, each=50)
        lines = log.get(Notebook, BOOK).lines
        for writer in range(8):
            own = [line for line in lines if line.startswith(f"{writer} ")]
            assert own == [f"{writer} {count}" for count in range(50)]


def test_threads_that_tell_one_channel_give_it_one_gapless_sequence(tmp_path: Path) -> None:
    with opened(tmp_path / "log.sqlite", system_clock, Agency.POLICE) as log:

        def act(_writer: int) -> None:
            for _ in range(15):
                say_release(log, uuid4())

        in_threads(4, act)
        messages = log.books.select_told(CHANNEL, 0, 1000)
        assert [message.sequence for message in messages] == list(range(1, 61))
        digest = NOTHING
        for message in messages:
            digest = chain(digest, envelope_hash(message.envelope))
        assert log.books.head("told", CHANNEL) == (60, digest)
        told_in_log_order = [
            str(it.event.stamped.event_id)
            for page in log.read()
            for it in page
            if it.event.TOPIC == "toy/spoke"
        ]
        assert [message.event_id for message in messages] == told_in_log_order


DECIDE = """
import sys
from pathlib import Path
from uuid import UUID
from shared.log.clock import system_clock
from tests.support.kernel import note, opened

print("ready", flush=True)
sys.stdin.readline()
with opened(Path(sys.argv[1]), system_clock) as log:
    for count in range(int(sys.argv[3])):
        note(log, UUID(int=4), f"{sys.argv[2]} {count}")
"""


def test_four_processes_open_one_new_log_at_once_and_no_decision_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", DECIDE, str(path), str(number), "25"],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for number in range(4)
        ]
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.communicate(timeout=60)[1] for process in processes] == [""] * 4
    with opened(path, system_clock) as log:
        check_order(log, writers=4, each=25)


def test_a_command_sent_by_eight_at_once_is_carried_out_once(tmp_path: Path) -> None:
    with opened(tmp_path / "log.sqlite", system_clock) as log:
        outcomes: list[Outcome] = []
        in_threads(8, lambda _: outcomes.append(log.execute(command("k1"), noting(BOOK, "một lần"))))
        assert log.get(Notebook, BOOK).lines == ["một lần"]
        assert {(outcome.resource, outcome.version) for outcome in outcomes} == {(BOOK, 1)}
        assert [outcome.replayed for outcome in outcomes].count(False) == 1


def test_readers_go_on_while_somebody_writes(tmp_path: Path) -> None:
    with opened(tmp_path / "log.sqlite", system_clock) as log:

        def act(number: int) -> None:
            if number == 0:
                for count in range(100):
                    note(log, BOOK, str(count))
            else:
                seen = 0
                while seen < 100:
                    book = log.find(Notebook, BOOK)
                    now = book.version if book else 0
                    assert now >= seen
                    seen = now

        in_threads(4, act)


def test_a_log_kept_locked_by_another_program_is_the_stores_trouble(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with opened(path) as log, closing(sqlite3.connect(path, isolation_level=None)) as other:
        with log.books.datastore.transaction(commit=False) as cursor:
            cursor.execute("PRAGMA busy_timeout=1")
        other.execute("BEGIN IMMEDIATE")
        with raises(OperationalError, match="locked"):
            note(log, BOOK, "x")
        other.execute("ROLLBACK")
        note(log, BOOK, "y")
        assert log.get(Notebook, BOOK).lines == ["y"]
