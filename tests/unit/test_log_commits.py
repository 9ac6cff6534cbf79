"""One commit for what is decided, told and heard; and nobody changes it afterwards."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import IntegrityError, Tracking

from shared.agreement.parties import Agency, Channel
from shared.log.application import AgencyLog, UnitOfWork
from shared.log.channels import NOTHING, Heard, Told, chain, envelope_hash
from tests.support.kernel import (
    CA_DONG,
    DONG,
    NOON,
    PGD,
    UBND_DONG,
    Hands,
    Notebook,
    note,
    opened,
    released,
    say,
    say_release,
)

OUT, IN = Channel(CA_DONG, UBND_DONG).name, Channel(PGD, CA_DONG).name
BOOK = UUID(int=1)
HEARD, AT_ONE = Heard(IN, 1, "e1", bytes(32)), Tracking(IN, 1)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def log(tmp_path: Path, hands: Hands) -> Iterator[AgencyLog]:
    with opened(tmp_path / "log.sqlite", hands) as log:
        yield log


def message(log: AgencyLog, text: bytes = b"{}") -> Told:
    return Told(OUT, str(uuid4()), lambda sequence, at: b"%d %s" % (sequence, text))


def record_everything(
    log: AgencyLog,
    told: Told,
    heard: Heard = HEARD,
    tracking: Tracking = AT_ONE,
) -> None:
    """An event, what is told of it, what was heard and the position, in one commit."""
    notebook = Notebook(BOOK)
    notebook.note(NOON, "quyết định")
    log.record(notebook.collect_events(), [told], [heard], tracking)


def holds(log: AgencyLog) -> tuple[int, int, int, int]:
    """How many events of the notebook, messages told, messages heard, and the position."""
    book = log.find(Notebook, BOOK)
    books = log.books
    position = books.max_tracking_id(IN) or 0
    return (book.version if book else 0, books.head("told", OUT)[0], books.head("heard", IN)[0], position)


def test_event_told_heard_and_position_stand_in_one_commit(log: AgencyLog) -> None:
    record_everything(log, message(log))
    assert holds(log) == (1, 1, 1, 1)


def test_a_message_that_cannot_be_sealed_leaves_nothing(log: AgencyLog) -> None:
    def refuse(_sequence: int, _at: datetime) -> bytes:
        raise ValueError("too long to be sent")

    with pytest.raises(ValueError, match="too long"):
        record_everything(log, Told(OUT, "e", refuse))
    assert holds(log) == (0, 0, 0, 0)


def test_a_message_heard_out_of_order_leaves_nothing(log: AgencyLog) -> None:
    with pytest.raises(IntegrityError, match="2 does not follow 0"):
        record_everything(log, message(log), Heard(IN, 2, "e1", bytes(32)))
    assert holds(log) == (0, 0, 0, 0)


def test_a_position_that_does_not_advance_leaves_nothing(log: AgencyLog) -> None:
    log.books.insert_tracking(Tracking(IN, 7))
    with pytest.raises(IntegrityError):
        record_everything(log, message(log), tracking=Tracking(IN, 7))
    assert holds(log) == (0, 0, 0, 7)


def test_an_event_that_others_recorded_first_leaves_nothing_of_the_rest(log: AgencyLog) -> None:
    note(log, BOOK, "ai đó nhanh hơn")
    with pytest.raises(IntegrityError):
        record_everything(log, message(log))
    assert holds(log) == (1, 0, 0, 0)


def test_an_event_told_twice_on_one_channel_leaves_nothing(log: AgencyLog) -> None:
    told = message(log)
    record_everything(log, told)
    with pytest.raises(IntegrityError):
        log.books.insert_events([], told=[told])
    assert holds(log) == (1, 1, 1, 1)


def test_a_failed_decision_leaves_nothing_of_what_it_did_before(log: AgencyLog) -> None:
    def act(work: UnitOfWork) -> None:
        work.get_or_new(Notebook, BOOK).note(work.now, "nửa chừng")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        log.decide(CA_DONG, "lan", act)
    assert log.find(Notebook, BOOK) is None


def test_events_of_one_commit_stand_in_the_order_in_which_they_were_decided(log: AgencyLog) -> None:
    first, second = UUID(int=11), UUID(int=12)

    def act(work: UnitOfWork) -> None:
        one, other = work.get_or_new(Notebook, first), work.get_or_new(Notebook, second)
        other.note(work.now, "1")
        one.note(work.now, "2")
        other.note(work.now, "3")

    before = log.head()
    log.decide(CA_DONG, "lan", act)
    (page,) = log.read(before)
    assert [recorded.event.line for recorded in page] == ["1", "2", "3"]  # type: ignore[attr-defined]


def test_who_acted_and_why_is_stamped_when_the_decision_is_recorded(log: AgencyLog) -> None:
    correlation = uuid4()
    work = log.work(CA_DONG, "lan", correlation)
    work.causation = uuid4()
    work.add(Notebook(BOOK)).note(work.now, "x")
    before = log.head()
    work.commit()
    ((recorded,),) = log.read(before)
    stamp = recorded.event.stamped
    assert (stamp.party, stamp.actor, stamp.correlation, stamp.causation) == (
        CA_DONG,
        "lan",
        correlation,
        work.causation,
    )


def test_an_event_that_was_never_saved_has_no_signature() -> None:
    notebook = Notebook(BOOK)
    notebook.note(NOON, "x")
    (event,) = notebook.collect_events()
    with pytest.raises(RuntimeError, match="never saved"):
        event.stamped


@pytest.mark.of_sqlite
@pytest.mark.parametrize("table", ["stored_events", "told", "heard"])
@pytest.mark.parametrize("change", ["UPDATE {} SET recorded_at = 0", "DELETE FROM {}"])
def test_the_log_refuses_to_be_changed(log: AgencyLog, tmp_path: Path, table: str, change: str) -> None:
    record_everything(log, message(log))
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as db:
        before = db.execute(f"SELECT * FROM {table}").fetchall()
        assert before
        with pytest.raises(sqlite3.IntegrityError, match=f"append-only.*{table}"):
            db.execute(change.format(table))
        assert db.execute(f"SELECT * FROM {table}").fetchall() == before


@pytest.mark.of_sqlite
@pytest.mark.parametrize("table", ["stored_events", "told", "heard"])
def test_a_row_of_the_log_cannot_be_replaced_by_inserting_it_again(
    log: AgencyLog, tmp_path: Path, table: str
) -> None:
    record_everything(log, message(log))
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as db:
        before = db.execute(f"SELECT * FROM {table}").fetchall()
        row = before[-1]
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * len(row))})", row)
        assert db.execute(f"SELECT * FROM {table}").fetchall() == before


def test_recorded_at_never_goes_back_though_the_clock_does(log: AgencyLog, hands: Hands) -> None:
    note(log, BOOK, "trưa")
    hands.turn(hours=-3)
    note(log, BOOK, "đồng hồ bị vặn lùi")
    hands.turn(hours=4)
    note(log, BOOK, "một giờ chiều")
    times = [recorded.recorded_at for page in log.read() for recorded in page]
    assert times == [NOON, NOON, NOON, NOON + timedelta(hours=1)]


def test_what_is_told_bears_the_time_of_recording_not_of_the_clock(tmp_path: Path, hands: Hands) -> None:
    with opened(tmp_path / "police.sqlite", hands, Agency.POLICE) as police:
        hands.turn(hours=-1)
        say_release(police, uuid4())
        (message,) = police.books.select_told(OUT, 0, 10)
    assert message.recorded_at == NOON
    assert b'"recordedtime":"2026-03-02T05:00:00.000000Z"' in message.envelope


def test_microseconds_are_kept(tmp_path: Path) -> None:
    instant = datetime(2026, 3, 2, 5, 0, 0, 123457, tzinfo=UTC)
    with opened(tmp_path / "log.sqlite", Hands(instant)) as log:
        ((opening,),) = log.read()
        assert opening.recorded_at == instant


def test_a_channel_starts_at_one_and_its_digest_chains_every_message(tmp_path: Path, hands: Hands) -> None:
    with opened(tmp_path / "police.sqlite", hands, Agency.POLICE) as police:
        assert police.books.head("told", OUT) == (0, NOTHING)
        assert police.books.digest_at("told", OUT, 0) == NOTHING
        digest = NOTHING
        for number in range(1, 4):
            id = say(police, CA_DONG, "PersonReleased", released(uuid4(), DONG))
            (message,) = police.books.select_told(OUT, number - 1, 10)
            assert (message.sequence, message.event_id) == (number, str(id))
            digest = chain(digest, envelope_hash(message.envelope))
            assert police.books.head("told", OUT) == (number, digest)
            assert police.books.digest_at("told", OUT, number) == digest
            assert police.books.sequence_of("told", OUT, str(id)) == number
            assert police.books.event_id_at("told", OUT, number) == str(id)
        assert police.books.digest_at("told", OUT, 4) is None
        assert police.books.sequence_of("told", OUT, "unknown") is None
        assert police.books.event_id_at("told", OUT, 4) is None
        assert [m.sequence for m in police.books.select_told(OUT, 1, 1)] == [2]
        assert police.books.channels("told") == [OUT]
        assert police.books.channels("heard") == []


@pytest.mark.of_sqlite
def test_a_log_in_a_folder_with_a_strange_name_is_opened_there(tmp_path: Path) -> None:
    folder = tmp_path / "dữ liệu #1 100% ? có"
    folder.mkdir()
    with opened(folder / "log.sqlite") as log:
        note(log, BOOK, "x")
    assert (folder / "log.sqlite").exists()
    assert list(tmp_path.iterdir()) == [folder]


def test_a_log_keeps_its_incarnation_and_each_log_has_its_own(tmp_path: Path) -> None:
    with opened(tmp_path / "one.sqlite") as log:
        first = log.incarnation
    with opened(tmp_path / "one.sqlite") as log:
        assert log.incarnation == first
        assert log.head() == 1
    with opened(tmp_path / "two.sqlite") as other:
        assert other.incarnation != first
