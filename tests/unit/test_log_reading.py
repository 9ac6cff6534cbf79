"""Reading the log: whole, by pages, until a position or an instant; and aggregates as they once were."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest

from shared.agreement.errors import NotFound, StaleVersion
from shared.log.application import AgencyLog, Recorded, UnitOfWork
from tests.support.kernel import CA_DONG, NOON, Hands, Notebook, note, opened

BOOK = UUID(int=2)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def log(tmp_path: Path, hands: Hands) -> Iterator[AgencyLog]:
    with opened(tmp_path / "log.sqlite", hands) as log:
        yield log


def positions(pages: Iterator[list[Recorded]]) -> list[list[int]]:
    return [[recorded.position for recorded in page] for page in pages]


def test_the_log_is_read_by_pages_in_order(log: AgencyLog) -> None:
    note(log, BOOK, *"abcdef")
    assert positions(log.read(page=3)) == [[1, 2, 3], [4, 5, 6], [7]]
    assert positions(log.read(after=5, page=3)) == [[6, 7]]
    assert positions(log.read(after=7)) == []


def test_the_log_is_read_until_a_position_inclusive(log: AgencyLog) -> None:
    note(log, BOOK, *"abcdef")
    assert positions(log.read(until=4, page=3)) == [[1, 2, 3], [4]]
    assert positions(log.read(after=2, until=3)) == [[3]]
    assert positions(log.read(until=0)) == []
    assert positions(log.read(until=100)) == [[1, 2, 3, 4, 5, 6, 7]]


def test_a_reader_meets_what_is_recorded_while_it_reads(log: AgencyLog) -> None:
    note(log, BOOK, "a")
    pages = log.read(page=2)
    assert [recorded.position for recorded in next(pages)] == [1, 2]
    note(log, BOOK, "b")
    assert [recorded.position for recorded in next(pages)] == [3]


def test_the_head_is_the_position_of_the_last_event(log: AgencyLog) -> None:
    note(log, BOOK, "a", "b")
    assert log.head() == 3


def test_the_last_event_recorded_until_an_instant_is_found(log: AgencyLog, hands: Hands) -> None:
    hands.turn(hours=1)
    note(log, BOOK, "a", "b")
    hands.turn(hours=1)
    note(log, BOOK, "c")
    until = log.books.last_recorded_until
    assert until(NOON - timedelta(microseconds=1)) == 0
    assert until(NOON) == 1
    assert until(NOON + timedelta(hours=1)) == 3
    assert until(NOON + timedelta(hours=2, microseconds=-1)) == 3
    assert until(NOON + timedelta(days=999)) == 4


def test_an_aggregate_is_found_as_it_was_at_a_version(log: AgencyLog) -> None:
    note(log, BOOK, "a", "b", "c")
    assert log.get(Notebook, BOOK).lines == ["a", "b", "c"]
    assert log.get(Notebook, BOOK, version=2).lines == ["a", "b"]
    assert log.get(Notebook, BOOK, version=2).version == 2
    assert log.find(Notebook, uuid4()) is None
    with pytest.raises(NotFound):
        log.get(Notebook, uuid4())


def test_a_decision_on_another_version_than_was_looked_at_is_refused(log: AgencyLog) -> None:
    note(log, BOOK, "a", "b")
    work = log.work(CA_DONG, "lan")
    assert work.get(Notebook, BOOK, expected_version=2).lines == ["a", "b"]
    with pytest.raises(StaleVersion) as refused:
        work.get(Notebook, BOOK, expected_version=1)
    assert refused.value.facts == {"expected": 1, "actual": 2}
    with pytest.raises(NotFound):
        work.get(Notebook, uuid4(), expected_version=1)


def test_a_unit_of_work_loads_an_aggregate_once(log: AgencyLog) -> None:
    note(log, BOOK, "a")
    work = log.work(CA_DONG, "lan")
    loaded = work.get(Notebook, BOOK)
    note(log, BOOK, "b")
    assert work.get_or_new(Notebook, BOOK) is loaded
    assert work.get(Notebook, BOOK, expected_version=1) is loaded


def test_a_unit_of_work_without_a_decision_records_nothing(log: AgencyLog) -> None:
    before = log.head()
    work = log.work(CA_DONG, "lan")
    work.find(Notebook, BOOK)
    work.commit()
    assert log.head() == before


def test_who_waits_for_growth_is_woken_by_a_decision(log: AgencyLog) -> None:
    seen, woken, ready = log.growth, list[int](), Barrier(2)

    def wait() -> None:
        ready.wait()
        woken.append(log.wait_for_growth(seen, 60))

    waiting = Thread(target=wait)
    waiting.start()
    ready.wait()
    note(log, BOOK, "a")
    waiting.join(10)
    assert woken == [seen + 1]


def test_who_waits_for_growth_gives_up_when_its_time_is_over(log: AgencyLog) -> None:
    assert log.wait_for_growth(log.growth, 0.01) == log.growth
    assert log.wait_for_growth(log.growth - 1, 60) == log.growth


def test_growth_is_not_announced_for_a_decision_that_failed(log: AgencyLog) -> None:
    def act(work: UnitOfWork) -> None:
        work.add(Notebook(BOOK)).note(work.now, "x")
        raise ZeroDivisionError

    seen = log.growth
    with pytest.raises(ZeroDivisionError):
        log.decide(CA_DONG, "lan", act)
    assert log.growth == seen
