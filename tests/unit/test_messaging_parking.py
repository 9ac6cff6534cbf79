"""Parking: an event that cannot be acted on holds its own case up, in order, and nobody else."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from eventsourcing.persistence import OperationalError

from shared.agreement.errors import Parked, Refused
from shared.messaging.parking import (
    NothingParked,
    ParkedCase,
    StepDiscarded,
    StepDone,
    StepParked,
    is_parked,
    parked_id,
    refuse_if_parked,
)
from shared.messaging.receipt import EventHeard
from tests.support.kernel import (
    NOON,
    PGD,
    UBND_DONG,
    Diary,
    Hearer,
    Noted,
    diary_id,
)
from tests.support.peers import Peers, codes, parked_keys, peers, persons


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Peers]:
    with peers(tmp_path) as pair:
        yield pair


@pytest.fixture
def hearer(office: Peers) -> Hearer:
    return office.hearer


def test_a_poisoned_event_parks_its_case_and_nobody_else(office: Peers, hearer: Hearer) -> None:
    bad, good = persons(2)
    hearer.scribe.failing[bad] = KeyError("unknown hamlet")
    assert hearer.hear(*office.release(good, bad, good)) == 3
    assert parked_keys(hearer) == {bad}
    assert hearer.did(bad) == []
    assert hearer.did(good) == ["PersonReleased"] * 2
    assert hearer.stopped() is None


def test_what_a_failed_step_had_decided_before_it_failed_is_not_recorded(
    office: Peers, hearer: Hearer
) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError("after the diary was written")
    hearer.hear(*office.release(bad))
    assert hearer.log.find(Diary, diary_id(UBND_DONG, bad)) is None


def test_why_it_is_parked_is_kept_with_what_is_parked(office: Peers, hearer: Hearer) -> None:
    class TooYoung(Refused):
        code = "too_young"

    bad, worse = persons(2)
    hearer.scribe.failing[bad] = TooYoung("Chưa đủ tuổi.", "Too young.")
    hearer.scribe.failing[worse] = ValueError("x" * 5000)
    hearer.hear(*office.release(bad, worse))
    first, second = hearer.events(StepParked)
    assert isinstance(first, StepParked)
    assert isinstance(second, StepParked)
    assert (first.office, first.key, first.code, first.reason) == (
        UBND_DONG,
        bad,
        "too_young",
        "TooYoung: Too young.",
    )
    assert second.code == "ValueError"
    assert len(second.reason) == 2000
    (receipt,) = (event for event in hearer.events(EventHeard) if event.originator_id == first.receipt)
    assert isinstance(receipt, EventHeard)
    assert str(bad) in receipt.envelope


def test_an_error_whose_code_is_a_number_is_kept_readable(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    error = ValueError("not found")
    error.code = 404  # type: ignore[attr-defined]
    hearer.scribe.failing[bad] = error
    hearer.hear(*office.release(bad))
    assert codes(hearer) == ["404"]
    assert hearer.waiting(bad) == 1


def test_later_events_of_the_case_wait_behind_in_order_from_any_channel(
    office: Peers, hearer: Hearer
) -> None:
    bad, good = persons(2)
    hearer.scribe.failing["PersonReleased"] = KeyError()
    hearer.hear(*office.release(bad))
    hearer.scribe.failing.clear()
    hearer.hear(office.disburse(bad), publisher=PGD)
    hearer.hear(*office.release(bad, good))
    hearer.hear(office.disburse(good), publisher=PGD)
    assert hearer.waiting(bad) == 3
    assert hearer.did(bad) == []
    assert hearer.did(good) == ["PersonReleased", "LoanDisbursed"]


def test_a_case_is_parked_for_its_office_alone(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad))
    work = hearer.log.work(UBND_DONG, "lan")
    assert is_parked(work, UBND_DONG, bad)
    assert not is_parked(work, "ubnd-tay", bad)


def test_no_decision_about_money_is_taken_while_a_case_is_parked(office: Peers, hearer: Hearer) -> None:
    bad, good = persons(2)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad, good))
    refuse_if_parked(hearer.log.work(UBND_DONG, "lan"), UBND_DONG, good)
    with pytest.raises(Parked):
        refuse_if_parked(hearer.log.work(UBND_DONG, "lan"), UBND_DONG, bad)
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    refuse_if_parked(hearer.log.work(UBND_DONG, "lan"), UBND_DONG, bad)


def test_after_the_fix_a_retry_runs_the_events_of_the_case_in_order(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad))
    hearer.hear(office.disburse(bad), publisher=PGD)
    hearer.hear(*office.release(bad))
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    assert hearer.did(bad) == ["PersonReleased", "LoanDisbursed", "PersonReleased"]
    assert parked_keys(hearer) == set()
    assert len(hearer.events(StepDone)) == 3


def test_events_that_were_parked_name_their_own_cause_when_they_run(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad, bad))
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    heard = [event.stamped for event in hearer.events(EventHeard)]
    noted = [event.stamped for event in hearer.events(Noted)]
    assert [stamp.causation for stamp in noted] == [stamp.causation for stamp in heard]
    assert [stamp.correlation for stamp in noted] == [stamp.correlation for stamp in heard]
    assert {stamp.actor for stamp in noted} == {"parking"}


def test_a_retry_without_a_fix_fails_again_and_everything_waits_on(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError("first")
    hearer.hear(*office.release(bad, bad))
    hearer.scribe.failing[bad] = ValueError("second")
    hearer.retry(bad)
    assert hearer.waiting(bad) == 2
    assert codes(hearer) == ["KeyError", "ValueError"]
    parked = hearer.parked(bad)
    assert parked is not None
    assert parked.wish is None


def test_a_retry_stops_at_the_next_event_that_fails(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad))
    hearer.hear(office.disburse(bad), publisher=PGD)
    hearer.hear(*office.release(bad))
    hearer.scribe.failing = {"LoanDisbursed": KeyError()}
    hearer.retry(bad)
    assert hearer.did(bad) == ["PersonReleased"]
    assert hearer.waiting(bad) == 2
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    assert hearer.did(bad) == ["PersonReleased", "LoanDisbursed", "PersonReleased"]


def test_a_case_that_was_parked_and_healed_flows_again(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad))
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    hearer.hear(*office.release(bad))
    assert hearer.did(bad) == ["PersonReleased"] * 2
    assert hearer.waiting(bad) == 0


def test_a_discarded_event_is_never_acted_on_and_those_behind_it_run(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing["PersonReleased"] = KeyError()
    hearer.hear(*office.release(bad))
    hearer.hear(office.disburse(bad), publisher=PGD)
    hearer.discard(bad, "nhập nhầm người")
    assert hearer.did(bad) == ["LoanDisbursed"]
    assert hearer.waiting(bad) == 0
    (discarded,) = hearer.events(StepDiscarded)
    assert isinstance(discarded, StepDiscarded)
    assert (discarded.by, discarded.why) == ("quantri", "nhập nhầm người")


def test_only_the_event_at_the_head_is_discarded(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad, bad))
    hearer.discard(bad)
    assert hearer.waiting(bad) == 1
    assert len(hearer.events(StepDiscarded)) == 1


def test_nothing_can_be_wished_where_nothing_is_parked() -> None:
    parked = ParkedCase(uuid4())
    with pytest.raises(NothingParked):
        parked.wish_retry(NOON, "quantri", uuid4())
    with pytest.raises(NothingParked):
        parked.wish_discard(NOON, "quantri", uuid4(), "x")


def test_without_a_wish_nothing_is_carried_out(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad))
    hearer.scribe.failing.clear()
    before = hearer.log.head()
    hearer.inbox.carry_out_wish(UBND_DONG, bad)
    assert hearer.log.head() == before
    assert hearer.waiting(bad) == 1


def test_a_wish_is_carried_out_once(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad))
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    hearer.inbox.carry_out_wish(UBND_DONG, bad)
    assert hearer.did(bad) == ["PersonReleased"]


def test_parked_events_and_wishes_survive_a_restart(tmp_path: Path) -> None:
    (bad,) = persons(1)
    with peers(tmp_path) as office:
        office.hearer.scribe.failing[bad] = KeyError()
        office.hearer.hear(*office.release(bad))
        office.hearer.log.decide(
            UBND_DONG,
            "quantri",
            lambda work: work.get(ParkedCase, parked_id(UBND_DONG, bad)).wish_retry(work.now, "quantri", bad),
        )
    with peers(tmp_path) as office:
        assert office.hearer.waiting(bad) == 1
        office.hearer.inbox.carry_out_wish(UBND_DONG, bad)
        assert office.hearer.did(bad) == ["PersonReleased"]


def test_store_trouble_during_a_retry_is_raised_and_the_wish_stands(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad))
    hearer.scribe.failing[bad] = OperationalError("locked")
    with pytest.raises(OperationalError):
        hearer.retry(bad)
    assert codes(hearer) == ["KeyError"]
    hearer.scribe.failing.clear()
    hearer.inbox.carry_out_wish(UBND_DONG, bad)
    assert hearer.did(bad) == ["PersonReleased"]
