"""What a People's Committee makes of what the police say about a list: rounds, corrections, submission."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.commune.list_events import (
    ListConfirmed,
    Stage,
)
from services.commune.rules import (
    EntriesUndecided,
    EntryNoLongerListed,
    ListMalformed,
    NotBeingChecked,
    RoundOutOfOrder,
    SubmissionDiffers,
)
from shared.agreement.errors import NotFound
from shared.contracts.hashing import content_hash
from tests.unit.commune_office import (
    Office,
    entries,
    entry_ended,
    list_overdue,
    list_sent,
    list_submitted,
)

LIST = uuid4()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_withdrawn_entry_needs_no_decision_and_is_left_out(office: Office) -> None:
    listed = entries(3)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0])
    office.check(LIST, listed[2])
    office.hear("ListEntryWithdrawn", entry_ended(LIST, listed[1]))
    office.hear("ListEntryWithdrawn", entry_ended(LIST, listed[2]))
    with pytest.raises(EntryNoLongerListed):
        office.check(LIST, listed[1])
    office.confirm(LIST)
    (confirmed,) = office.events(ListConfirmed)
    assert [str(d.entry_id) for d in confirmed.decisions] == [listed[0]["entry_id"]]
    assert confirmed.content_hash == content_hash([listed[0]])


def test_an_entry_withdrawn_after_confirmation_leaves_the_confirmation_as_it_was(office: Office) -> None:
    listed = entries(1)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0])
    office.confirm(LIST)
    office.hear("ListEntryWithdrawn", entry_ended(LIST, listed[0]))
    office.hear("ListSubmitted", list_submitted(LIST, listed))
    assert office.held(LIST).stage is Stage.SUBMITTED


def test_a_withdrawal_from_a_draft_that_never_came_here_is_nothing_to_the_committee(office: Office) -> None:
    office.hear("ListEntryWithdrawn", entry_ended(LIST, entries(1)[0]))
    with pytest.raises(NotFound):
        office.held(LIST)


def test_an_entry_corrected_while_it_is_checked_is_checked_again(office: Office) -> None:
    listed = entries(2)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    for entry in listed:
        office.check(LIST, entry)
    corrected = listed[0] | {"resident_since": "2024-06-01"}
    office.hear("ListEntryCorrected", {"list_id": str(LIST), "commune": "99901", "entry": corrected})
    with pytest.raises(EntriesUndecided):
        office.confirm(LIST)
    office.check(LIST, listed[0])
    office.confirm(LIST)
    # What was sent is what is confirmed: both sides hash the same even when messages cross.
    assert office.events(ListConfirmed)[0].content_hash == content_hash(listed)
    assert office.held(LIST).lines[UUID(listed[0]["entry_id"])].corrected == corrected


def test_a_correction_after_confirmation_leaves_the_decision_alone(office: Office) -> None:
    listed = entries(1)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0])
    office.confirm(LIST)
    office.hear("ListEntryCorrected", {"list_id": str(LIST), "commune": "99901", "entry": listed[0]})
    assert office.held(LIST).lines[UUID(listed[0]["entry_id"])].check is not None


@pytest.mark.parametrize("round", [1, 2])
def test_a_round_that_is_not_later_is_parked(office: Office, round: int) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, [], round=2))
    with pytest.raises(RoundOutOfOrder):
        office.hear("ListSentForConfirmation", list_sent(LIST, [], round=round))


def test_a_round_after_the_confirmation_is_parked(office: Office) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, []))
    office.confirm(LIST)
    with pytest.raises(RoundOutOfOrder):
        office.hear("ListSentForConfirmation", list_sent(LIST, [], round=2))


def test_a_list_with_one_entry_twice_or_without_its_annex_is_parked(office: Office) -> None:
    listed = entries(2)
    for wrong in (
        list_sent(LIST, [listed[0], listed[0]]),
        list_sent(LIST, listed) | {"annex": list_sent(LIST, listed[:1])["annex"]},
        list_sent(LIST, listed) | {"annex": list_sent(LIST, [listed[0], *entries(1)])["annex"]},
        list_sent(LIST, listed) | {"annex": list_sent(LIST, listed + entries(1))["annex"]},
    ):
        with pytest.raises(ListMalformed):
            office.hear("ListSentForConfirmation", wrong)


def test_a_submission_of_exactly_the_confirmed_entries_closes_the_list(office: Office) -> None:
    listed = entries(2)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0], "no_wish")
    office.check(LIST, listed[1])
    office.confirm(LIST)
    office.hear("ListSubmitted", list_submitted(LIST, [listed[1]]))
    check = office.held(LIST)
    assert check.stage is Stage.SUBMITTED
    assert check.submitted is not None
    assert check.submitted.document.number == "03/DS-CAX"


def test_a_submission_that_differs_from_what_was_confirmed_is_parked(office: Office) -> None:
    listed = entries(2)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0])
    office.check(LIST, listed[1], "no_wish")
    office.confirm(LIST)
    ours = content_hash(listed[:1])
    for wrong in (
        list_submitted(LIST, listed),  # the struck one slipped back in
        list_submitted(LIST, listed, content_hash=ours),  # the hash is ours, the entries are not
        list_submitted(LIST, listed[:1], content_hash=content_hash(listed)),
        list_submitted(LIST, [listed[0] | {"amount": 99_000_000}]),
        list_submitted(LIST, listed[:1], round=2),
    ):
        with pytest.raises(SubmissionDiffers):
            office.hear("ListSubmitted", wrong)
    assert office.held(LIST).stage is Stage.CONFIRMED


def test_a_submission_that_was_never_confirmed_here_is_parked(office: Office) -> None:
    with pytest.raises(SubmissionDiffers):
        office.hear("ListSubmitted", list_submitted(LIST, []))
    office.hear("ListSentForConfirmation", list_sent(LIST, []))
    with pytest.raises(SubmissionDiffers):
        office.hear("ListSubmitted", list_submitted(LIST, []))


def test_a_list_submitted_twice_is_parked(office: Office) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, []))
    office.confirm(LIST)
    office.hear("ListSubmitted", list_submitted(LIST, []))
    with pytest.raises(SubmissionDiffers):
        office.hear("ListSubmitted", list_submitted(LIST, []))


def test_a_list_that_the_police_still_hold_may_be_overdue_before_it_ever_came(office: Office) -> None:
    office.hear("ListOverdue", list_overdue(LIST))
    check = office.held(LIST)
    assert (check.stage, check.about.month) == (Stage.AWAITED, "2026-03")
    with pytest.raises(NotBeingChecked):
        office.confirm(LIST)
    with pytest.raises(NotBeingChecked):
        office.check(LIST, entries(1)[0])

    office.hear("ListSentForConfirmation", list_sent(LIST, []))
    office.confirm(LIST)
    assert office.held(LIST).overdue is not None


def test_a_list_is_found_overdue_once(office: Office) -> None:
    office.hear("ListOverdue", list_overdue(LIST))
    office.hear("ListOverdue", list_overdue(LIST, "commune"))
    check = office.held(LIST)
    assert check.overdue is not None
    assert check.overdue.holder == "police"
