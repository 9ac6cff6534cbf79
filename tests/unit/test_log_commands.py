"""A command is carried out once, however often it is sent; a decision is taken anew when others were faster."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, Tracking

from shared.agreement.errors import KeyReused, StaleVersion
from shared.log.application import DECIDE_AGAIN, AgencyLog, Outcome, UnitOfWork
from shared.log.events import Aggregate
from tests.support.kernel import CA_DONG, LAN, Notebook, command, note, noting, opened

BOOK = UUID(int=3)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AgencyLog]:
    with opened(tmp_path / "log.sqlite") as log:
        yield log


def lines(log: AgencyLog) -> list[str]:
    return log.get(Notebook, BOOK).lines


def test_a_command_sent_again_with_its_key_has_the_same_outcome_and_is_not_done_again(log: AgencyLog) -> None:
    first = log.execute(command("k1"), noting(BOOK, "a"))
    log.execute(command("k2"), noting(BOOK, "b"))
    again = log.execute(command("k1"), noting(BOOK, "a"))
    assert first == Outcome(BOOK, 1)
    assert again == Outcome(BOOK, 1, replayed=True)
    assert lines(log) == ["a", "b"]


def test_a_key_that_comes_with_another_body_is_refused(log: AgencyLog) -> None:
    log.execute(command("k1", "a" * 64), noting(BOOK, "a"))
    with pytest.raises(KeyReused) as refused:
        log.execute(command("k1", "b" * 64), noting(BOOK, "b"))
    assert refused.value.status == 422
    assert lines(log) == ["a"]


@pytest.mark.parametrize("other", [{"username": "minh"}, {"office": "ca-tay"}])
def test_two_users_may_use_the_same_key(log: AgencyLog, other: dict[str, str]) -> None:
    log.execute(command("k1"), noting(BOOK, "a"))
    outcome = log.execute(
        command("k1", "b" * 64, user=msgspec.structs.replace(LAN, **other)), noting(BOOK, "b")
    )
    assert outcome == Outcome(BOOK, 2)


def test_a_refused_command_may_be_sent_again_with_its_key(log: AgencyLog) -> None:
    def refuse(work: UnitOfWork) -> Aggregate:
        raise StaleVersion(1, 2)

    with pytest.raises(StaleVersion):
        log.execute(command("k1"), refuse)
    assert log.execute(command("k1"), noting(BOOK, "a")) == Outcome(BOOK, 1)


def test_a_reply_lost_after_the_commit_is_harmless(log: AgencyLog, monkeypatch: pytest.MonkeyPatch) -> None:
    record = log.record

    def record_and_lose_the_reply(*facts: Any) -> None:
        record(*facts)
        raise OperationalError("the connection broke")

    with monkeypatch.context() as broken:
        broken.setattr(log, "record", record_and_lose_the_reply)
        with pytest.raises(OperationalError):
            log.execute(command("k1"), noting(BOOK, "a"))
    assert log.execute(command("k1"), noting(BOOK, "a")) == Outcome(BOOK, 1, replayed=True)
    assert lines(log) == ["a"]


def test_a_command_survives_a_restart_of_the_service(tmp_path: Path) -> None:
    with opened(tmp_path / "log.sqlite") as log:
        log.execute(command("k1"), noting(BOOK, "a"))
    with opened(tmp_path / "log.sqlite") as log:
        assert log.execute(command("k1"), noting(BOOK, "a")).replayed
        assert lines(log) == ["a"]


def test_a_decision_is_taken_anew_on_what_others_decided_meanwhile(log: AgencyLog) -> None:
    seen: list[int] = []

    def act(work: UnitOfWork) -> None:
        notebook = work.get_or_new(Notebook, BOOK)
        seen.append(len(notebook.lines))
        if len(seen) <= 2:
            note(log, BOOK, f"người khác {len(seen)}")
        notebook.note(work.now, f"sau {len(notebook.lines)}")

    log.decide(CA_DONG, "lan", act)
    assert seen == [0, 1, 2]
    assert lines(log) == ["người khác 1", "người khác 2", "sau 2"]


def test_a_decision_is_not_taken_anew_for_ever(log: AgencyLog) -> None:
    tried: list[int] = []

    def act(work: UnitOfWork) -> None:
        tried.append(work.get_or_new(Notebook, BOOK).version)
        work.get(Notebook, BOOK).note(work.now, "luôn chậm hơn")
        note(log, BOOK, "luôn nhanh hơn")

    with pytest.raises(IntegrityError):
        log.decide(CA_DONG, "lan", act)
    assert tried == list(range(DECIDE_AGAIN + 1))
    assert set(lines(log)) == {"luôn nhanh hơn"}


def test_a_position_moves_with_the_decision_or_not_at_all(log: AgencyLog) -> None:
    log.decide(CA_DONG, "lan", noting(BOOK, "a"), Tracking("kênh", 1))
    with pytest.raises(IntegrityError):
        log.decide(CA_DONG, "lan", noting(BOOK, "b"), Tracking("kênh", 1))
    assert lines(log) == ["a"]
    assert log.books.max_tracking_id("kênh") == 1
