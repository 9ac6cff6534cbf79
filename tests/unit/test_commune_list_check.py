"""How a People's Committee checks, confirms and returns the month's list."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from services.commune.application import lists
from services.commune.list_events import (
    EntryChecked,
    ListConfirmed,
    Objection,
    Reminder,
    ReminderIssued,
    Stage,
)
from services.commune.rules import (
    CheckerMayNotConfirm,
    DocumentDateWrong,
    EntriesUndecided,
    EntryNoLongerListed,
    ListMalformed,
    NotBeingChecked,
    OnlyChairDecides,
    OnlySpecialistChecks,
    RoundOutOfOrder,
    SubmissionDiffers,
)
from shared.agreement.acting import Role, User
from shared.agreement.errors import DomainError, NotFound, StaleVersion
from shared.contracts.hashing import content_hash
from tests.unit.commune_office import (
    CHAIR,
    COLLEAGUE,
    OFFICE,
    SENT_ON,
    SPECIALIST,
    Office,
    entries,
    list_sent,
)

LIST = uuid4()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_list_is_confirmed_with_the_hash_over_the_confirmed_entries_in_order(office: Office) -> None:
    listed = entries(3)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[2])
    office.check(LIST, listed[1], "not_resident")
    office.check(LIST, listed[0], by=COLLEAGUE)
    office.confirm(LIST)

    (confirmed,) = office.events(ListConfirmed)
    assert confirmed.content_hash == content_hash([listed[0], listed[2]])
    assert confirmed.entries == 2
    assert [str(d.entry_id) for d in confirmed.decisions] == [e["entry_id"] for e in listed]
    assert [d.reason for d in confirmed.decisions] == [None, "not_resident", None]
    assert (confirmed.document.signer_name, confirmed.document.signer_title) == (CHAIR.name, CHAIR.title)
    assert office.held(LIST).stage is Stage.CONFIRMED


def test_a_nil_list_is_confirmed_like_any_other(office: Office) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, []))
    office.confirm(LIST)
    assert office.events(ListConfirmed)[0].content_hash == content_hash([])


def test_a_list_is_not_confirmed_while_an_entry_is_undecided(office: Office) -> None:
    listed = entries(2)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0])
    with pytest.raises(EntriesUndecided) as refusal:
        office.confirm(LIST)
    assert refusal.value.facts == {"undecided": 1, "entries": 2}
    assert refusal.value.rule is not None


def test_who_checked_an_entry_may_not_confirm_even_after_being_made_vice_chair(office: Office) -> None:
    listed = entries(1)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0], by=SPECIALIST)
    office.check(LIST, listed[0], by=COLLEAGUE)
    promoted = msgspec.structs.replace(SPECIALIST, role=Role.LEADER)
    with pytest.raises(CheckerMayNotConfirm):
        office.confirm(LIST, by=promoted)
    office.confirm(LIST, by=CHAIR)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_a_chair_confirms_or_returns(office: Office, role: Role) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, []))
    user = User("dung", "Dũng Giả Định", "Công chức", OFFICE, role)
    with pytest.raises(OnlyChairDecides):
        office.confirm(LIST, by=user)
    with pytest.raises(OnlyChairDecides):
        office.give_back(LIST, Objection("missing_document"), by=user)


@pytest.mark.parametrize("role", [Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_a_specialist_checks_entries(office: Office, role: Role) -> None:
    listed = entries(1)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    with pytest.raises(OnlySpecialistChecks):
        office.check(LIST, listed[0], by=msgspec.structs.replace(SPECIALIST, role=role))


def test_a_specialist_may_change_a_decision_until_the_chair_signs(office: Office) -> None:
    listed = entries(1)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0])
    office.check(LIST, listed[0], "social_evils")
    office.confirm(LIST)
    assert office.events(ListConfirmed)[0].decisions[0].reason == "social_evils"
    with pytest.raises(NotBeingChecked):
        office.check(LIST, listed[0])


def test_a_chair_who_looked_at_an_older_version_does_not_sign_the_newer_one(office: Office) -> None:
    listed = entries(1)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    seen = office.check(LIST, listed[0]).version
    office.check(LIST, listed[0], "no_wish")
    with pytest.raises(StaleVersion):
        office.confirm(LIST, version=seen)


def test_an_entry_that_is_not_on_the_list_cannot_be_checked(office: Office) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, entries(1)))
    with pytest.raises(NotFound):
        office.check(LIST, entries(1)[0])


@pytest.mark.parametrize("on", [date(2026, 3, 2), date(2026, 3, 4)])
def test_a_confirmation_is_dated_between_sending_and_today(office: Office, on: date) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, []))
    with pytest.raises(DocumentDateWrong) as refusal:
        office.confirm(LIST, on=on)
    assert refusal.value.facts["earliest"] == refusal.value.facts["latest"] == "2026-03-03"


def test_today_is_the_day_in_viet_nam(office: Office) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, []))
    office.later(hours=16)  # 18:00 UTC on the 3rd is 01:00 on the 4th there
    office.confirm(LIST, on=date(2026, 3, 4))


def test_a_list_of_another_committee_does_not_exist_here(office: Office) -> None:
    listed = entries(1)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    stranger = msgspec.structs.replace(SPECIALIST, office="ubnd-khac")
    with pytest.raises(NotFound):
        office.check(LIST, listed[0], by=stranger)
    with pytest.raises(NotFound):
        office.confirm(LIST, by=msgspec.structs.replace(CHAIR, office="ubnd-khac"))


def test_a_returned_list_is_checked_anew_in_its_next_round(office: Office) -> None:
    listed = entries(2)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0])
    office.give_back(LIST, Objection("wrong_particulars", UUID(listed[1]["entry_id"])))
    assert office.held(LIST).stage is Stage.RETURNED
    with pytest.raises(NotBeingChecked):
        office.confirm(LIST)

    office.hear("ListSentForConfirmation", list_sent(LIST, listed[:1], round=2))
    assert office.held(LIST).undecided == 1
    office.check(LIST, listed[0], by=COLLEAGUE)
    office.confirm(LIST, by=msgspec.structs.replace(SPECIALIST, role=Role.LEADER))
    assert office.events(ListConfirmed)[0].round == 2


def test_an_objection_names_an_entry_of_the_list(office: Office) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, entries(1)))
    with pytest.raises(NotFound):
        office.give_back(LIST, Objection("wrong_particulars", uuid4()))


def remind(office: Office, of: Reminder = Reminder.LIST_DUE, day: date = SENT_ON) -> None:
    office.log.decide(
        OFFICE, "ticks", lambda work: lists.issue_reminder(work, LIST, of, day, date(2026, 3, 5))
    )


def test_a_reminder_is_issued_once_for_a_day_and_only_while_the_list_lies_here(office: Office) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, []))
    remind(office)
    remind(office)
    remind(office, Reminder.DECISION_DUE)
    remind(office, day=date(2026, 3, 5))
    assert len(office.events(ReminderIssued)) == 3
    office.confirm(LIST)
    remind(office, day=date(2026, 3, 6))
    assert len(office.events(ReminderIssued)) == 3


def test_notes_are_kept_with_the_check(office: Office) -> None:
    listed = entries(1)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0])
    (checked,) = office.events(EntryChecked)
    assert (checked.note, checked.by) == ("riêng", SPECIALIST.username)


def test_every_refusal_explains_itself_in_both_languages() -> None:
    refusals: list[Callable[[], DomainError]] = [
        lambda: NotBeingChecked("2026-03", "confirmed"),
        lambda: OnlySpecialistChecks(Role.LEADER),
        lambda: OnlyChairDecides(Role.OFFICER),
        lambda: CheckerMayNotConfirm("binh", 1),
        lambda: EntriesUndecided(1, 2),
        lambda: EntryNoLongerListed(SENT_ON),
        lambda: DocumentDateWrong(SENT_ON, SENT_ON, SENT_ON),
        lambda: RoundOutOfOrder(1, 2, "checking"),
        lambda: ListMalformed(2, 1, 1),
        lambda: SubmissionDiffers("checking", 1, None, "a", "b"),
    ]
    made = [refusal() for refusal in refusals]
    assert len({error.code for error in made}) == len(made)
    for error in made:
        assert error.message_vi != error.message_en
        assert error.facts
