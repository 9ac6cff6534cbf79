"""Parking: an event that cannot be acted on holds its own case up, in order, and nobody else."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from eventsourcing.persistence import OperationalError

from shared.agreement.errors import Parked, Refused
from shared.agreement.parties import Agency
from shared.contracts.registry import REGISTRY
from shared.log.application import UnitOfWork
from shared.messaging import inbox, parking
from shared.messaging.channel_state import ChannelState, channel_state_id
from shared.messaging.inbox import MOST_PARKED_IN_A_ROW
from shared.messaging.parking import (
    NothingParked,
    ParkedCase,
    StepDiscarded,
    StepDone,
    StepFailedAgain,
    StepParked,
    StepQueued,
    is_parked,
    parked_id,
    refuse_if_parked,
)
from shared.messaging.reactions import HeardEvent, Reaction
from shared.messaging.receipt import EventHeard
from tests.support.kernel import (
    NOON,
    PGD,
    TAY,
    UBND_DONG,
    Diary,
    Hearer,
    Mouth,
    Notebook,
    Noted,
    Spoke,
    diary_id,
    released,
    tampered,
)
from tests.support.peers import CHANNEL, Peers, peers, persons

UNKNOWN = "vn.phoihop.police.PersonPardoned.v1"
LIST = UUID(int=0x11)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Peers]:
    with peers(tmp_path) as pair:
        yield pair


@pytest.fixture
def hearer(office: Peers) -> Hearer:
    return office.hearer


def parked_keys(hearer: Hearer) -> set[UUID]:
    """Keys at which something waits now."""
    keys = {event.key for event in hearer.events(StepParked) if isinstance(event, StepParked)}
    return {key for key in keys if hearer.waiting(key)}


def codes(hearer: Hearer) -> list[str]:
    parked = hearer.events(StepParked, StepFailedAgain)
    return [event.code for event in parked if isinstance(event, StepParked | StepFailedAgain)]


def parked_reason(hearer: Hearer) -> str:
    (parked,) = hearer.events(StepParked)
    assert isinstance(parked, StepParked)
    return parked.reason


# Who is held up.


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


# Retry and discard.


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


# Lists.


def test_a_list_with_one_bad_entry_parks_that_person_only(office: Peers, hearer: Hearer) -> None:
    one, bad, two = persons(3)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(office.send_list(LIST, one, bad, two))
    assert parked_keys(hearer) == {bad}
    assert hearer.did(LIST) == hearer.did(one) == hearer.did(two) == ["ListSentForConfirmation"]
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    assert hearer.did(bad) == ["ListSentForConfirmation"]
    assert len(hearer.steps(LIST)) == 1


def test_several_bad_entries_are_each_parked(office: Peers, hearer: Hearer) -> None:
    bad = persons(3)
    good = persons(2)
    hearer.scribe.failing = {person: KeyError() for person in bad}
    hearer.hear(office.send_list(LIST, bad[0], good[0], bad[1], good[1], bad[2]))
    assert parked_keys(hearer) == set(bad)
    assert [hearer.waiting(person) for person in bad] == [1, 1, 1]
    assert hearer.did(good[0]) == hearer.did(good[1]) == ["ListSentForConfirmation"]


def test_a_failure_about_the_list_as_a_whole_makes_its_entries_wait(office: Peers, hearer: Hearer) -> None:
    one, two = persons(2)
    other = uuid4()
    hearer.scribe.failing[LIST] = KeyError()
    hearer.hear(office.send_list(LIST, one, two), *office.release(other))
    assert parked_keys(hearer) == {LIST, one, two}
    assert hearer.did(one) == hearer.did(two) == []
    assert hearer.did(other) == ["PersonReleased"]


def test_when_the_list_is_retried_its_entries_follow(office: Peers, hearer: Hearer) -> None:
    one, two = persons(2)
    hearer.scribe.failing[LIST] = KeyError()
    hearer.hear(office.send_list(LIST, one, two), *office.release(one))
    hearer.scribe.failing.clear()
    hearer.retry(LIST)
    assert parked_keys(hearer) == set()
    assert hearer.did(LIST) == hearer.did(two) == ["ListSentForConfirmation"]
    assert hearer.did(one) == ["ListSentForConfirmation", "PersonReleased"]


def test_an_entry_cannot_overtake_its_list(office: Peers, hearer: Hearer) -> None:
    one, two = persons(2)
    hearer.scribe.failing[LIST] = KeyError()
    hearer.hear(office.send_list(LIST, one, two))
    hearer.scribe.failing.clear()
    hearer.retry(one)
    assert hearer.did(one) == []
    assert codes(hearer)[-1] == "waits"
    hearer.retry(LIST)
    assert hearer.did(one) == hearer.did(two) == ["ListSentForConfirmation"]
    assert parked_keys(hearer) == set()


def test_the_next_list_of_a_parked_list_waits_with_its_entries(office: Peers, hearer: Hearer) -> None:
    one, two = persons(2)
    hearer.scribe.failing[LIST] = KeyError()
    hearer.hear(office.send_list(LIST, one))
    hearer.scribe.failing.clear()
    hearer.hear(office.send_list(LIST, one, two))
    assert hearer.waiting(LIST) == hearer.waiting(one) == 2
    assert hearer.waiting(two) == 1
    hearer.retry(LIST)
    assert parked_keys(hearer) == set()
    assert hearer.did(LIST) == hearer.did(one) == ["ListSentForConfirmation"] * 2
    assert hearer.did(two) == ["ListSentForConfirmation"]
    assert [step.split()[1] for step in hearer.steps(one)] == [step.split()[1] for step in hearer.steps(LIST)]


def test_an_entry_that_waits_for_something_older_does_not_hold_the_list_up(
    office: Peers, hearer: Hearer
) -> None:
    bad, good = persons(2)
    hearer.scribe.failing["PersonReleased"] = KeyError()
    hearer.hear(*office.release(bad), office.send_list(LIST, bad, good))
    assert hearer.did(LIST) == hearer.did(good) == ["ListSentForConfirmation"]
    assert hearer.waiting(bad) == 2
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    assert hearer.did(bad) == ["PersonReleased", "ListSentForConfirmation"]


def test_a_person_named_twice_in_a_list_is_acted_on_once(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    hearer.hear(office.send_list(LIST, person, person))
    assert hearer.did(person) == ["ListSentForConfirmation"]


def test_a_person_named_twice_in_a_list_waits_once(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    hearer.scribe.failing["PersonReleased"] = KeyError()
    hearer.hear(*office.release(person), office.send_list(LIST, person, person))
    assert hearer.waiting(person) == 2
    hearer.scribe.failing.clear()
    hearer.retry(person)
    assert hearer.did(person) == ["PersonReleased", "ListSentForConfirmation"]


def test_an_event_whose_subject_is_its_case_may_be_acted_on_as_a_whole_and_by_case(office: Peers) -> None:
    hearer = Hearer(office.commune, UBND_DONG)
    both = Reaction(hearer.scribe.whole, hearer.scribe.each_case)
    hearer.reactions = {(Agency.POLICE, "PersonReleased"): both}
    hearer.restart()
    (person,) = persons(1)
    hearer.scribe.failing[person] = KeyError()
    hearer.hear(*office.release(person, person))
    assert hearer.waiting(person) == 2
    hearer.scribe.failing.clear()
    hearer.retry(person)
    assert [step.split()[2] for step in hearer.steps(person)] == ["whole", "case"] * 2
    assert hearer.waiting(person) == 0


# What is not understood.


def test_an_unknown_type_parks_its_subject_and_its_cases_and_nobody_else(
    office: Peers, hearer: Hearer
) -> None:
    one, two, other = persons(3)
    message = tampered(office.send_list(LIST, one, two), type=UNKNOWN)
    assert hearer.hear(message, *office.release(other)) == 2
    assert parked_keys(hearer) == {LIST, one, two}
    assert hearer.did(other) == ["PersonReleased"]
    assert hearer.stopped() is None
    (parked, *_) = hearer.events(StepParked)
    assert isinstance(parked, StepParked)
    assert parked.code == "NotInContract"
    assert UNKNOWN in parked.reason


def test_later_events_of_a_case_wait_behind_one_that_was_not_understood(
    office: Peers, hearer: Hearer
) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    hearer.hear(tampered(message, type=UNKNOWN))
    hearer.hear(office.disburse(person), publisher=PGD)
    assert hearer.did(person) == []
    assert hearer.waiting(person) == 2


def test_a_later_program_that_knows_the_type_acts_on_what_was_parked(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = persons(2)
    later = REGISTRY[Agency.POLICE, "ListSentForConfirmation"]
    hearer.hear(tampered(office.send_list(LIST, one, two), type=UNKNOWN))
    hearer.hear(office.disburse(two), publisher=PGD)
    monkeypatch.setitem(REGISTRY.by_type, UNKNOWN, later)
    hearer.retry(LIST)
    assert parked_keys(hearer) == set()
    assert hearer.did(LIST) == hearer.did(one) == ["ListSentForConfirmation"]
    assert hearer.did(two) == ["ListSentForConfirmation", "LoanDisbursed"]


def test_a_retry_of_what_is_still_not_understood_fails_again(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    hearer.hear(tampered(message, type=UNKNOWN))
    hearer.retry(person)
    assert codes(hearer) == ["NotInContract"] * 2
    assert hearer.waiting(person) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"commune": "9990"},
        {"ground": "pardon"},
        {"person_id": "x"},
        {"certificate_no": "0123/GCN"},
        {"particulars": {"full_name": "A", "birth": "1990", "sex": "male", "hamlet": "Một"}},
        {"note": "x"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_data_that_do_not_fit_the_contract_park_the_case(
    office: Peers, hearer: Hearer, changed: dict[str, object]
) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    data = msgspec.json.decode(message)["data"] | changed
    hearer.hear(tampered(message, data=data))
    assert hearer.waiting(person) == 1
    assert codes(hearer) == ["NotInContract"]


@pytest.mark.parametrize("data", [[], "x", 7, {}], ids=repr)
def test_data_that_are_no_object_park_the_case(office: Peers, hearer: Hearer, data: object) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    hearer.hear(tampered(message, data=data))
    assert hearer.waiting(person) == 1


def test_an_event_that_is_not_the_publishers_to_tell_parks_its_case(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    message = office.disburse(person).replace(b'"/pgd-ba/', b'"/ca-dong/')
    hearer.hear(message)
    assert hearer.waiting(person) == 1
    assert "ca-dong" in parked_reason(hearer)
    hearer.retry(person)
    assert hearer.waiting(person) == 1
    assert hearer.did(person) == []


def test_police_cannot_speak_for_another_commune(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    elsewhere = msgspec.json.decode(message)["data"] | {"commune": TAY}
    hearer.hear(tampered(message, data=elsewhere))
    assert hearer.waiting(person) == 1
    assert TAY in parked_reason(hearer)
    hearer.retry(person)
    assert hearer.did(person) == []


def test_an_event_that_is_not_told_to_us_parks_its_case(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    ended = REGISTRY[Agency.POLICE, "EligibilityEnded"]
    data = ended.example | {"person_id": str(person)}
    hearer.hear(tampered(message, type=ended.type, data=data))
    assert hearer.waiting(person) == 1
    assert "commune" in parked_reason(hearer)


def test_fields_that_another_recipient_may_see_are_not_taken_from_the_wire(
    tmp_path: Path, office: Peers
) -> None:
    """The certificate goes to the receiving police alone: a committee that is sent it does not take it."""
    (person,) = persons(1)
    (message,) = office.release(person)
    transfer = REGISTRY[Agency.POLICE, "ResidenceTransferred"]
    data = transfer.example | {"person_id": str(person)}
    office.hearer.hear(tampered(message, type=transfer.type, data=data))
    assert office.hearer.waiting(person) == 1


# What cannot be recorded or told.


class Deciding:
    """A reaction whose own decision cannot be told for one person, nor recorded for another."""

    def __init__(self, unspeakable: UUID, unrecordable: UUID) -> None:
        self.unspeakable, self.unrecordable = unspeakable, unrecordable

    def __call__(self, work: UnitOfWork, heard: HeardEvent, case: UUID) -> None:
        if case == self.unspeakable:
            data = released(case)
            facts = {"contract": "PersonReleased", "subject": case, "cases": (case,), "data": data}
            work.add(Mouth(uuid4())).trigger(Spoke, work.now, **facts)
        line = 7 if case == self.unrecordable else "được"
        work.get_or_new(Notebook, case).trigger(Noted, work.now, line=line)


def test_what_we_could_not_tell_or_record_of_one_case_parks_that_case_alone(office: Peers) -> None:
    unspeakable, unrecordable, good = persons(3)
    deciding = Deciding(unspeakable, unrecordable)
    reactions = {(Agency.POLICE, "ListSentForConfirmation"): Reaction(each_case=deciding)}
    hearer = Hearer(office.commune, UBND_DONG, reactions)
    assert hearer.hear(office.send_list(LIST, unspeakable, good, unrecordable)) == 1
    assert parked_keys(hearer) == {unspeakable, unrecordable}
    assert sorted(codes(hearer)) == ["Unrecordable", "Unspeakable"]
    assert hearer.log.get(Notebook, good).lines == ["được"]
    assert hearer.log.find(Notebook, unspeakable) is None
    hearer.retry(unspeakable)
    assert hearer.waiting(unspeakable) == 1


def test_what_could_not_be_sealed_at_the_commit_parks_the_event_and_not_the_channel(
    office: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide(work: UnitOfWork, heard: HeardEvent, case: UUID) -> None:
        work.get_or_new(Notebook, case).note(work.now, "không gửi được" if case == bad else "được")

    bad, good = persons(2)
    hearer = Hearer(
        office.commune, UBND_DONG, {(Agency.POLICE, "PersonReleased"): Reaction(each_case=decide)}
    )
    record = hearer.log.record

    def refuse(*facts: object) -> None:
        if "không gửi được" in str(facts[0]):
            raise ValueError("600000 bytes long")
        record(*facts)  # type: ignore[arg-type]

    monkeypatch.setattr(hearer.log, "record", refuse)
    assert hearer.hear(*office.release(good, bad, good)) == 3
    assert parked_keys(hearer) == {bad}
    hearer.retry(bad)
    assert codes(hearer) == ["ValueError"] * 2
    assert hearer.log.get(Notebook, good).lines == ["được"] * 2


# Limits.


def test_too_many_parked_in_a_row_stop_the_channel(office: Peers, hearer: Hearer) -> None:
    hearer.scribe.failing["PersonReleased"] = KeyError()
    messages = office.release(*persons(MOST_PARKED_IN_A_ROW + 5))
    assert hearer.hear(*messages) == MOST_PARKED_IN_A_ROW
    assert hearer.stopped() == "too_many_parked"
    assert len(parked_keys(hearer)) == MOST_PARKED_IN_A_ROW


def test_too_many_of_an_unknown_type_in_a_row_stop_the_channel(office: Peers, hearer: Hearer) -> None:
    messages = [
        tampered(message, type=UNKNOWN) for message in office.release(*persons(MOST_PARKED_IN_A_ROW + 5))
    ]
    for start in range(0, len(messages), 10):
        hearer.hear(*messages[start : start + 10])
    assert hearer.stopped() == "too_many_parked"
    assert hearer.inbox.position(CHANNEL) == MOST_PARKED_IN_A_ROW


def test_parked_ones_with_good_ones_between_do_not_stop_the_channel(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_PARKED_IN_A_ROW", 3)
    bad, good = persons(6), uuid4()
    hearer.scribe.failing = {person: KeyError() for person in bad}
    people = [bad[0], bad[1], good, bad[2], bad[3], good, bad[4], bad[5]]
    assert hearer.hear(*office.release(*people)) == len(people)
    assert hearer.stopped() is None


def test_events_that_only_wait_behind_are_not_counted_as_failures(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_PARKED_IN_A_ROW", 3)
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    assert hearer.hear(*office.release(*[bad] * 8)) == 8
    assert hearer.stopped() is None
    assert hearer.waiting(bad) == 8


def test_a_channel_that_stopped_for_too_many_parked_goes_on_when_resumed(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_PARKED_IN_A_ROW", 3)
    hearer.scribe.failing["PersonReleased"] = KeyError()
    messages = office.release(*persons(5))
    hearer.hear(*messages)
    assert hearer.stopped() == "too_many_parked"
    hearer.scribe.failing.clear()
    hearer.log.decide(
        UBND_DONG,
        "quantri",
        lambda work: work.get(ChannelState, channel_state_id(CHANNEL)).resume(work.now, CHANNEL, "quantri"),
    )
    assert hearer.hear(*messages) == 5


def test_too_many_behind_one_case_stop_the_channel_before_anything_is_lost(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "MOST_WAITING", 4)
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    messages = office.release(*[bad] * 6)
    assert hearer.hear(*messages) == 4
    assert hearer.stopped() == "too_many_parked"
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    hearer.log.decide(
        UBND_DONG,
        "quantri",
        lambda work: work.get(ChannelState, channel_state_id(CHANNEL)).resume(work.now, CHANNEL, "quantri"),
    )
    assert hearer.hear(*messages) == 6
    assert hearer.did(bad) == ["PersonReleased"] * 6


def test_a_step_is_queued_with_its_receipt(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad, bad))
    (queued,) = hearer.events(StepQueued)
    assert isinstance(queued, StepQueued)
    parked = hearer.parked(bad)
    assert parked is not None
    assert parked.waiting[1] == queued.receipt
