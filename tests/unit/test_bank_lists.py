"""How the month's list reaches the bank, and what the bank does with its entries."""

from datetime import date
from itertools import permutations
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.bank.listed_person import EntryEnded, EntryRejected, PersonMoved
from services.bank.reactions import REACTIONS
from services.bank.received_list import ListMismatchFound, ListState
from services.bank.refusals import EntryNotStanding, EntryTakenUp, ListNotOpen, ReasonDoesNotHold
from shared.agreement.errors import NotFound, Parked
from shared.agreement.parties import Agency
from shared.contracts.bank import REJECTION_REASONS
from shared.contracts.base import Data
from shared.contracts.registry import REGISTRY
from tests.unit.bank_office import (
    STRANGER,
    Office,
    confirmed,
    corrected,
    ended,
    listed,
    submitted,
    training,
    transferred,
)

LIST = uuid4()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_list_opens_when_both_halves_match_whichever_comes_first(tmp_path: Path) -> None:
    entries = [listed(), listed()]
    halves = [("ListSubmitted", submitted(LIST, entries)), ("ListConfirmed", confirmed(LIST, entries))]
    for number, order in enumerate(permutations(halves)):
        (tmp_path / str(number)).mkdir()
        office = Office(tmp_path / str(number))
        office.hear(*order[0])
        assert office.received(LIST).state is not ListState.OPEN
        assert office.names_said() == []
        office.hear(*order[1])
        assert office.received(LIST).state is ListState.OPEN
        (said,) = office.said()
        assert said.contract == "ListAcknowledged"
        assert said.subject == LIST
        assert said.cases == tuple(UUID(entry["person_id"]) for entry in entries)
        assert said.data["entries"] == 2
        assert said.data["acknowledged_on"] == "2026-03-06"


def test_one_half_alone_is_shown_as_waiting_for_the_other(office: Office) -> None:
    office.hear("ListConfirmed", confirmed(LIST, []))
    assert office.received(LIST).state is ListState.WAITING_FOR_POLICE
    other = uuid4()
    office.hear("ListSubmitted", submitted(other, []))
    assert office.received(other).state is ListState.WAITING_FOR_COMMUNE


def test_a_nil_list_is_opened_and_acknowledged(office: Office) -> None:
    office.open_list(list_id=LIST)
    (said,) = office.said()
    assert said.data["entries"] == 0
    assert said.cases == ()


@pytest.mark.parametrize(
    ("changed", "differences"),
    [
        ({"content_hash": "0" * 64}, ("confirmed_hash",)),
        ({"entries": 2}, ("number",)),
        ({"round": 2}, ("round",)),
        ({"commune": "99902"}, ("commune",)),
        ({"month": "2026-04"}, ("month",)),
    ],
)
def test_halves_that_differ_raise_an_alarm_and_stay_closed(
    office: Office, changed: Data, differences: tuple[str, ...]
) -> None:
    entry = listed()
    office.hear("ListSubmitted", submitted(LIST, [entry]))
    office.hear("ListConfirmed", confirmed(LIST, [entry], **changed))
    (alarm,) = office.events(ListMismatchFound)
    assert alarm.differences == differences
    assert office.received(LIST).state is ListState.MISMATCH
    assert office.names_said() == []
    with pytest.raises(ListNotOpen):
        office.apply(entry)


def test_entries_changed_after_confirmation_are_found_by_computing_the_hash_again(office: Office) -> None:
    entry = listed()
    office.hear("ListConfirmed", confirmed(LIST, [entry]))
    claimed = confirmed(LIST, [entry])["content_hash"]
    office.hear("ListSubmitted", submitted(LIST, [entry | {"amount": 90_000_000}], content_hash=claimed))
    (alarm,) = office.events(ListMismatchFound)
    assert alarm.differences == ("computed_hash",)
    assert office.names_said() == []


def test_a_mismatch_is_healed_by_a_later_round(office: Office) -> None:
    entry = listed()
    office.hear("ListSubmitted", submitted(LIST, [entry], round=2))
    office.hear("ListConfirmed", confirmed(LIST, []))
    assert office.received(LIST).state is ListState.MISMATCH
    office.hear("ListConfirmed", confirmed(LIST, [entry], round=2))
    assert office.received(LIST).state is ListState.OPEN
    assert office.names_said() == ["ListAcknowledged"]


def test_an_earlier_round_changes_nothing(office: Office) -> None:
    entry = listed()
    office.hear("ListConfirmed", confirmed(LIST, [entry], round=2))
    office.hear("ListConfirmed", confirmed(LIST, [], round=1))
    office.hear("ListSubmitted", submitted(LIST, [entry], round=2))
    assert office.received(LIST).state is ListState.OPEN


def test_other_content_for_an_open_list_is_an_alarm_and_is_not_acknowledged_again(office: Office) -> None:
    office.open_list(listed(), list_id=LIST)
    office.hear("ListSubmitted", submitted(LIST, [listed()]))
    assert office.received(LIST).state is ListState.OPEN
    assert office.received(LIST).differences == ("confirmed_hash",)
    assert office.names_said() == ["ListAcknowledged"]


def test_an_entry_may_be_rejected_with_a_reason_that_holds(office: Office) -> None:
    entry = listed()
    office.open_list(entry, list_id=LIST)
    office.today = date(2029, 5, 11)
    office.reject(entry, "outside_five_years")
    said = office.said()[-1]
    assert said.contract == "ListEntryRejected"
    assert said.subject == LIST
    assert said.cases == (UUID(entry["person_id"]),)
    assert said.data["reason"] == "outside_five_years"
    (rejected,) = office.events(EntryRejected)
    assert rejected.checks[0].facts["last_day"] == "2029-05-10"
    with pytest.raises(EntryNotStanding):
        office.apply(entry)
    with pytest.raises(EntryNotStanding):
        office.reject(entry, "not_found")


def test_the_day_five_years_after_is_no_reason_to_reject(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    office.today = date(2029, 5, 10)
    with pytest.raises(ReasonDoesNotHold) as refused:
        office.reject(entry, "outside_five_years")
    assert refused.value.rule is not None
    assert "Điều 3 khoản 2 điểm a" in refused.value.rule
    assert refused.value.facts["limit"] == "2029-05-10"


def test_an_amount_within_the_ceiling_is_no_reason_to_reject(office: Office) -> None:
    within, above = training(), training(person_id=str(uuid4())) | {"amount": 36_000_001}
    office.open_list(within, above)
    with pytest.raises(ReasonDoesNotHold):
        office.reject(within, "over_ceiling")
    office.reject(above, "over_ceiling")


@pytest.mark.parametrize("reason", ["same_purpose_debt", "not_found"])
def test_what_only_a_person_can_tell_is_taken_as_reason(office: Office, reason: str) -> None:
    assert reason in REJECTION_REASONS
    entry = listed()
    office.open_list(entry)
    office.reject(entry, reason)
    assert office.names_said()[-1] == "ListEntryRejected"


def test_an_entry_of_a_waiting_list_is_not_decided(office: Office) -> None:
    entry = listed()
    office.hear("ListSubmitted", submitted(LIST, [entry]))
    with pytest.raises(ListNotOpen):
        office.reject(entry, "not_found")
    with pytest.raises(ListNotOpen):
        office.apply(entry)


def test_an_entry_with_a_loan_is_no_longer_rejected(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    office.apply(entry)
    with pytest.raises(EntryTakenUp):
        office.reject(entry, "not_found")
    with pytest.raises(EntryTakenUp):
        office.apply(entry)


@pytest.mark.parametrize("name", ["ListEntryWithdrawn", "EligibilityEnded"])
def test_an_ended_entry_is_not_lent_on_and_nobody_learns_why(office: Office, name: str) -> None:
    entry = listed()
    office.open_list(entry, list_id=LIST)
    office.hear(name, ended(LIST, entry))
    office.hear(name, ended(LIST, entry, "2026-03-10"))
    (event,) = office.events(EntryEnded)
    assert event.ended_on == date(2026, 3, 9)
    with pytest.raises(EntryNotStanding):
        office.apply(entry)


def test_an_entry_that_ended_before_its_list_came_stays_ended(office: Office) -> None:
    entry = listed()
    office.hear("EligibilityEnded", ended(LIST, entry))
    office.open_list(entry, list_id=LIST)
    with pytest.raises(EntryNotStanding):
        office.apply(entry)


def test_a_correction_replaces_the_facts_a_decision_rests_on(office: Office) -> None:
    entry = listed()
    office.open_list(entry, list_id=LIST)
    office.hear("ListEntryCorrected", corrected(LIST, entry, completed_on="2021-01-02"))
    claim = office.person(entry).claim(UUID(entry["entry_id"]))
    assert claim.entry.completed_on == date(2021, 1, 2)
    assert claim.standing


def test_a_correction_before_the_list_opens_a_shell_that_the_list_does_not_undo(office: Office) -> None:
    entry = listed()
    office.hear("ListEntryCorrected", corrected(LIST, entry))
    office.open_list(entry, list_id=LIST)
    assert office.apply(entry) == office.loan_of(entry)


def test_a_move_is_kept_and_ends_nothing_by_itself(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    office.hear("ResidenceTransferred", transferred(entry))
    (moved,) = office.events(PersonMoved)
    assert moved.to_commune == "99902"
    assert office.person(entry).moved_to == "99902"
    office.apply(entry)


def test_an_entry_that_was_never_listed_is_not_found(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    with pytest.raises(NotFound):
        office.reject(entry | {"entry_id": str(uuid4())}, "not_found")


def test_another_offices_entry_is_not_found(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    with pytest.raises(NotFound):
        office.reject(entry, "not_found", by=STRANGER)
    with pytest.raises(NotFound):
        office.apply(entry, by=STRANGER)


def test_a_parked_persons_entry_is_not_decided(office: Office) -> None:
    entry, other = listed(), listed()
    office.open_list(entry, other)
    office.park(entry)
    with pytest.raises(Parked):
        office.reject(entry, "not_found")
    with pytest.raises(Parked):
        office.apply(entry)
    office.apply(other)


def test_every_event_told_to_the_bank_has_a_reaction_or_is_said_to_be_of_no_interest() -> None:
    told = {key for key, contract in REGISTRY.items() if any(to.agency is Agency.BANK for to in contract.to)}
    assert set(REACTIONS) == told
