"""The month's list: drafted, signed, returned, confirmed, handed to the bank."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.police.application import lists, persons
from services.police.application.lists import desk_key
from services.police.borrower_list import Status
from services.police.entries import content_hash
from services.police.facts import Conduct, Need
from services.police.import_run import ImportDesk, Workbook
from services.police.list_events import Document, ListFoundOverdue, ListSubmitted
from services.police.refusals import (
    DocumentInFuture,
    DrafterMayNotSign,
    DraftOutdated,
    EntryNotPending,
    ImportIncomplete,
    MonthNotOpen,
    NotAsSent,
    NotEligible,
    OnlyALeaderSigns,
    TooManyEntries,
    WrongListState,
)
from shared.agreement.calendar import Month
from shared.agreement.errors import NotFound, StaleVersion
from shared.agreement.parties import Agency
from shared.log.application import UnitOfWork
from shared.log.events import Aggregate
from tests.unit.police_office import (
    BANK,
    CHIEF,
    COMMITTEE,
    COMMUNE,
    DEPUTY,
    FOREIGNER,
    MARCH_LIST,
    OFFICER,
    OTHER_POLICE,
    POLICE,
    Office,
    registration,
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def listed(office: Office) -> list[UUID]:
    drafted = office.held().drafted
    assert drafted is not None
    return [line.entry.person_id for line in drafted.entries]


def entry_of(office: Office, person_id: UUID) -> UUID:
    return next(e.entry_id for e in office.held().sent.values() if e.person_id == person_id)


# Opening


def test_a_list_is_opened_once(office: Office) -> None:
    assert office.open() == office.open() == MARCH_LIST
    assert office.held().version == 1


def test_the_next_months_list_may_be_opened_early(office: Office) -> None:
    office.open(Month(2026, 4))
    assert office.held(Month(2026, 4)).due_on == date(2026, 4, 5)


@pytest.mark.parametrize(
    ("day", "month"), [(date(2026, 3, 6), Month(2026, 3)), (date(2026, 3, 2), Month(2026, 5))]
)
def test_a_list_that_is_due_already_or_far_ahead_is_not_opened(
    office: Office, day: date, month: Month
) -> None:
    office.at(day)
    with pytest.raises(MonthNotOpen):
        office.open(month)


# Drafting


def test_everybody_who_is_eligible_is_drafted_by_given_name(office: Office) -> None:
    binh = office.register(full_name="Trần Văn Bình")
    an = office.register(full_name="Vũ Thị An")
    office.register(wants_loan=False, purpose=None, amount=None)
    office.draft()
    assert listed(office) == [an, binh]


def test_a_draft_says_of_everybody_why(office: Office) -> None:
    office.register()
    poor = office.register(conduct_good=False, identity_number=None, birth="1970")
    office.draft()
    drafted = office.held().drafted
    assert drafted is not None
    assert all(check.passed for check in drafted.entries[0].checks)
    assert {check.rule for check in drafted.entries[0].checks} >= {"certificate", "five_years", "ceiling"}
    assert [(out.person_id, [c.rule for c in out.failed]) for out in drafted.left_out] == [
        (poor, ["conduct", "identity_number"])
    ]


def test_an_officer_may_choose_whom_to_list_and_choose_again_until_it_is_signed(office: Office) -> None:
    first, second = office.register(), office.register()
    office.draft(second)
    assert listed(office) == [second]
    entry = office.held().drafted.entries[0].entry  # type: ignore[union-attr]
    office.draft()
    assert set(listed(office)) == {first, second}
    again = next(d.entry for d in office.held().drafted.entries if d.entry.person_id == second)  # type: ignore[union-attr]
    assert (again.entry_id, again.salt) == (entry.entry_id, entry.salt)


def test_somebody_chosen_who_is_not_eligible_is_refused_with_the_article(office: Office) -> None:
    person_id = office.register(amount=100_000_001)
    with pytest.raises(NotEligible) as refused:
        office.draft(person_id)
    assert refused.value.rule == "Điều 6 khoản 2 điểm a Quyết định 22/2023/QĐ-TTg"
    assert "100.000.001" in refused.value.message_vi


def test_nobody_unknown_or_of_another_office_is_listed(office: Office) -> None:
    with pytest.raises(NotFound):
        office.draft(uuid4())


def test_two_cases_of_one_identity_number_are_not_both_listed(office: Office) -> None:
    office.register(identity_number="999085000700")
    other = office.register(identity_number=None, birth="1970")
    # two clerks at the same moment: neither saw the other's case
    office.do(persons.fill_identity_number, other, "999085000700", lambda *_: None)
    office.draft()
    drafted = office.held().drafted
    assert drafted is not None
    assert len(drafted.entries) == 1
    assert [c.rule for out in drafted.left_out for c in out.failed] == ["single_case"]


def test_a_list_has_at_most_500_entries(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_ENTRIES", 1)
    office.register(), office.register()
    with pytest.raises(TooManyEntries):
        office.draft()


def test_no_list_is_drafted_while_a_workbook_is_half_imported(office: Office) -> None:
    def desk(work: UnitOfWork) -> ImportDesk:
        return work.get_or_new(ImportDesk, desk_key(POLICE.code))

    workbook = Workbook(uuid4(), "thang-3.xlsx", "ab" * 32, (POLICE.code,), date(2026, 3, 2))
    office.decide(lambda work: desk(work).start(work.now, POLICE.code, workbook, 0))
    with pytest.raises(ImportIncomplete):
        office.draft()
    office.decide(lambda work: desk(work).complete(work.now))
    office.draft()


def test_another_offices_list_is_not_found(office: Office) -> None:
    office.draft()
    with pytest.raises(NotFound):
        office.do(lists.sign_list, MARCH_LIST, by=FOREIGNER)


def test_a_stale_version_is_refused(office: Office) -> None:
    office.draft()
    with pytest.raises(StaleVersion):
        office.execute(CHIEF, lambda work, command: lists.sign_list(work, command, MARCH_LIST), version=1)


# Signing


def test_a_signed_list_goes_to_the_commune_with_an_annex_and_nowhere_else(office: Office) -> None:
    person_id = office.register()
    office.draft()
    office.sign()
    name, data = office.told(COMMITTEE)[-1]
    assert name == "ListSentForConfirmation"
    assert (data["round"], data["month"], data["list_id"]) == (1, "2026-03", str(MARCH_LIST))
    assert data["annex"] == [
        {"entry_id": data["entries"][0]["entry_id"], "conduct_good": True, "social_evils": False}
    ]
    assert data["entries"][0]["person_id"] == str(person_id)
    assert office.told(BANK) == []
    assert list(office.person(person_id).pending) == [entry_of(office, person_id)]


def test_an_officer_does_not_sign(office: Office) -> None:
    office.draft()
    with pytest.raises(OnlyALeaderSigns):
        office.sign(by=OFFICER)


def test_a_chief_cannot_sign_a_list_he_drafted(office: Office) -> None:
    office.draft(by=CHIEF)
    with pytest.raises(DrafterMayNotSign):
        office.sign(by=CHIEF)
    office.sign(by=DEPUTY)


def test_a_nil_list_is_a_list(office: Office) -> None:
    office.draft()
    office.sign()
    office.confirm()
    office.submit()
    assert office.told(BANK)[0][1]["entries"] == []
    office.hear(
        Agency.BANK,
        "ListAcknowledged",
        {
            "list_id": str(MARCH_LIST),
            "commune": COMMUNE,
            "month": "2026-03",
            "entries": 0,
            "acknowledged_on": "2026-03-03",
        },
    )
    assert office.held().status is Status.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        (persons.register_residence, ("Thôn Hai", date(2026, 1, 1))),
        (persons.survey_need, (Need(True, "production", 1_000_000),)),
        (persons.assess_conduct, (Conduct(good=False, social_evils=False),)),
        (persons.retract_release, ("duplicate",)),
    ],
)
def test_the_chief_signs_only_what_is_still_so(
    office: Office, change: Callable[..., Aggregate], facts: tuple[object, ...]
) -> None:
    person_id = office.register()
    office.draft()
    office.do(change, person_id, *facts)
    with pytest.raises(DraftOutdated) as refused:
        office.sign()
    assert refused.value.facts["persons"] == str(person_id)
    office.draft()
    office.sign()


def test_a_note_does_not_make_a_draft_outdated(office: Office) -> None:
    person_id = office.register()
    office.draft()
    office.do(persons.write_note, person_id, "đã gặp")
    office.sign()


def test_nothing_is_signed_twice_nor_before_it_is_drafted(office: Office) -> None:
    office.open()
    with pytest.raises(WrongListState):
        office.sign()
    office.draft()
    office.sign()
    with pytest.raises(WrongListState):
        office.sign()
    with pytest.raises(WrongListState):
        office.draft()


def test_who_stands_on_a_list_is_not_listed_again_meanwhile(office: Office) -> None:
    person_id = office.submitted()
    office.draft(month=Month(2026, 4))
    assert office.held(Month(2026, 4)).drafted.entries == []  # type: ignore[union-attr]
    with pytest.raises(NotEligible) as refused:
        office.draft(person_id, month=Month(2026, 4))
    assert refused.value.facts["failed"] == "not_pending"


def test_who_has_a_loan_is_not_listed_for_the_same_purpose_but_may_be_for_training(office: Office) -> None:
    person_id = office.submitted()
    loan_id = office.approve(person_id, entry_of(office, person_id))
    with pytest.raises(NotEligible) as refused:
        office.draft(person_id, month=Month(2026, 4))
    assert refused.value.facts["failed"] == "no_open_loan"
    office.do(persons.survey_need, person_id, Need(True, "training", 8_000_000, 2))
    office.draft(person_id, month=Month(2026, 4))
    office.loan("LoanSettled", person_id, loan_id, settled_on="2026-03-20")
    office.do(persons.survey_need, person_id, Need(True, "production", 8_000_000))
    office.draft(person_id, month=Month(2026, 4))


# Returned


def test_a_returned_list_is_drafted_anew_and_sent_as_the_next_round(office: Office) -> None:
    person_id = office.register()
    office.draft()
    office.sign()
    first = office.held().sent
    office.give_back()
    assert office.held().status is Status.RETURNED
    assert office.held().returned.objections[0].reason == "wrong_particulars"  # type: ignore[union-attr]
    with pytest.raises(WrongListState):
        office.sign()
    right = registration(full_name="Nguyễn Văn Thật")
    office.do(
        persons.correct_release,
        person_id,
        right.particulars,
        right.release,
        right.resident_since,
        office.same,
    )
    office.draft()
    office.sign()
    assert office.held().round == 2
    assert list(office.held().sent) == list(first)
    assert office.told(COMMITTEE)[-1][1]["entries"][0]["particulars"]["full_name"] == "Nguyễn Văn Thật"


def test_whoever_is_left_out_of_the_next_round_is_withdrawn(office: Office) -> None:
    stays, goes = office.register(), office.register()
    office.draft()
    office.sign()
    office.give_back()
    office.draft(stays)
    office.sign()
    assert [name for name, _ in office.told(COMMITTEE)][-2:] == [
        "ListEntryWithdrawn",
        "ListSentForConfirmation",
    ]
    assert office.person(goes).pending == {}
    assert office.person(goes).need is not None
    assert len(office.person(stays).pending) == 1


def test_whoever_was_withdrawn_while_the_list_was_back_is_not_signed_out_again(office: Office) -> None:
    person_id = office.register()
    office.draft()
    office.sign()
    office.give_back()
    office.draft()
    office.do(persons.assess_conduct, person_id, Conduct(good=False, social_evils=False))
    office.do(persons.assess_conduct, person_id, Conduct(good=True, social_evils=False))
    with pytest.raises(DraftOutdated):
        office.sign()
    gone = entry_of(office, person_id)
    office.draft()
    office.sign()
    assert entry_of(office, person_id) != gone


@pytest.mark.parametrize("round", [0, 2])
def test_an_answer_to_another_round_is_not_understood(office: Office, round: int) -> None:
    office.draft()
    office.sign()
    with pytest.raises(NotAsSent):
        office.confirm(round=round) if round else office.give_back(round=7)


def test_a_list_of_another_office_is_not_confirmed_here(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Office(tmp_path / "other", OTHER_POLICE)
    data = {"list_id": str(MARCH_LIST), "commune": COMMUNE, "month": "2026-03", "round": 1}
    data |= {"reasons": [{"entry_id": None, "reason": "wrong_month"}], "returned_on": "2026-03-03"}
    with pytest.raises(NotFound):
        other.hear(Agency.COMMUNE, "ListReturned", data)


# Confirmed


def test_a_confirmation_strikes_out_with_reasons_and_keeps_the_hash(office: Office) -> None:
    stays, goes = office.register(), office.register()
    office.draft()
    office.sign()
    entry_id = entry_of(office, goes)
    office.confirm(goes)
    held = office.held()
    assert held.status is Status.CONFIRMED
    assert held.decisions[entry_id].reason == "not_resident"
    assert office.person(goes).pending == {}
    assert len(office.person(stays).pending) == 1
    office.submit()
    name, data = office.told(BANK)[0]
    assert name == "ListSubmitted"
    assert [e["person_id"] for e in data["entries"]] == [str(stays)]
    assert data["content_hash"] == content_hash([held.sent[entry_of(office, stays)]])
    assert (data["document_no"], data["signer_name"]) == ("03/DS-CAX", CHIEF.name)


def test_a_confirmation_whose_hash_differs_is_not_understood(office: Office) -> None:
    office.register()
    office.draft()
    office.sign()
    with pytest.raises(NotAsSent) as refused:
        office.confirm(content_hash="00" * 32)
    assert refused.value.facts["what"] == "content hash"
    assert office.held().status is Status.SENT


def test_a_confirmation_that_leaves_somebody_undecided_is_not_understood(office: Office) -> None:
    person_id = office.register()
    office.draft()
    office.sign()
    with pytest.raises(NotAsSent):
        office.confirm(leave_out=(person_id,))


def test_a_confirmation_of_an_entry_that_was_not_sent_is_not_understood(office: Office) -> None:
    office.draft()
    office.sign()
    foreign = {"entry_id": str(uuid4()), "person_id": str(uuid4()), "decision": "confirmed", "reason": None}
    with pytest.raises(NotAsSent):
        office.confirm(decisions=[foreign], entries=1)


def test_the_committee_need_not_decide_on_an_entry_we_withdrew(office: Office) -> None:
    stays, goes = office.register(), office.register()
    office.draft()
    office.sign()
    office.do(lists.withdraw_from_list, MARCH_LIST, entry_of(office, goes), "absent")
    office.confirm(leave_out=(goes,))
    office.submit()
    assert [e["person_id"] for e in office.told(BANK)[0][1]["entries"]] == [str(stays)]
    assert len(office.told(BANK)) == 1


def test_an_entry_withdrawn_while_it_was_confirmed_travels_and_is_withdrawn_at_once(office: Office) -> None:
    office.register()
    goes = office.register()
    office.draft()
    office.sign()
    office.do(lists.withdraw_from_list, MARCH_LIST, entry_of(office, goes), "absent")
    office.confirm()  # the committee had not heard of it yet
    office.at(date(2026, 3, 4))
    office.submit()
    assert [name for name, _ in office.told(BANK)] == ["ListSubmitted", "ListEntryWithdrawn"]
    assert len(office.told(BANK)[0][1]["entries"]) == 2
    assert office.told(BANK)[1][1]["person_id"] == str(goes)
    assert office.told(BANK)[1][1]["ended_on"] == "2026-03-02"


def test_an_entry_corrected_before_submission_travels_as_confirmed_and_is_corrected_at_once(
    office: Office,
) -> None:
    person_id = office.register(identity_number="999085000600")
    office.draft()
    office.sign()
    right = registration(full_name="Nguyễn Văn Thật", identity_number="999085000600")
    office.do(
        persons.correct_release,
        person_id,
        right.particulars,
        right.release,
        right.resident_since,
        office.same,
    )
    office.confirm()
    office.submit()
    submitted, corrected = office.told(BANK)
    assert submitted[1]["entries"][0]["particulars"]["full_name"] == "Nguyễn Văn Giả Định"
    assert corrected[0] == "ListEntryCorrected"
    assert corrected[1]["entry"]["particulars"]["full_name"] == "Nguyễn Văn Thật"


# Submitted


def test_a_list_that_is_not_confirmed_never_reaches_the_bank(office: Office) -> None:
    office.draft()
    with pytest.raises(WrongListState):
        office.submit()
    office.sign()
    with pytest.raises(WrongListState):
        office.submit()


def test_only_another_leader_than_the_drafter_hands_the_list_over(office: Office) -> None:
    office.draft(by=DEPUTY)
    office.sign()
    office.confirm()
    with pytest.raises(OnlyALeaderSigns):
        office.submit(by=OFFICER)
    with pytest.raises(DrafterMayNotSign):
        office.submit(by=DEPUTY)
    office.submit()
    with pytest.raises(WrongListState):
        office.submit()


def test_a_document_of_tomorrow_is_refused(office: Office) -> None:
    office.draft()
    office.sign()
    office.confirm()
    with pytest.raises(DocumentInFuture):
        office.submit(dated=date(2026, 3, 3))


def test_a_list_handed_in_late_is_found_overdue_even_before_the_tick(office: Office) -> None:
    office.draft()
    office.sign()
    office.at(date(2026, 3, 7))
    office.confirm()
    office.submit()
    late = office.events(ListFoundOverdue)[0]
    assert (late.holder, late.held_since, late.due_on) == (
        "commune",
        date(2026, 3, 2),
        date(2026, 3, 5),
    )
    assert [name for name, _ in office.told(BANK)] == ["ListOverdue", "ListSubmitted"]


def test_a_list_handed_in_on_the_5th_is_in_time(office: Office) -> None:
    office.draft()
    office.sign()
    office.confirm()
    office.at(date(2026, 3, 5))
    office.submit()
    assert office.events(ListFoundOverdue) == []


def test_the_bank_must_count_what_was_handed_over(office: Office) -> None:
    office.submitted()
    said = {
        "list_id": str(MARCH_LIST),
        "commune": COMMUNE,
        "month": "2026-03",
        "entries": 2,
        "acknowledged_on": "2026-03-03",
    }
    with pytest.raises(NotAsSent):
        office.hear(Agency.BANK, "ListAcknowledged", said)
    office.hear(Agency.BANK, "ListAcknowledged", said | {"entries": 1})
    version = office.held().version
    office.hear(Agency.BANK, "ListAcknowledged", said | {"entries": 1})
    assert office.held().version == version


def test_a_rejected_person_may_be_listed_again(office: Office) -> None:
    person_id = office.submitted()
    entry_id = entry_of(office, person_id)
    said = {
        "list_id": str(MARCH_LIST),
        "entry_id": str(entry_id),
        "person_id": str(person_id),
        "commune": COMMUNE,
        "reason": "same_purpose_debt",
        "rejected_on": "2026-03-06",
    }
    for _ in range(2):
        office.hear(Agency.BANK, "ListEntryRejected", said, person_id)
    assert office.held().rejected == {entry_id: "same_purpose_debt"}
    assert office.person(person_id).pending == {}
    office.draft(person_id, month=Month(2026, 4))
    with pytest.raises(EntryNotPending):
        office.hear(Agency.BANK, "ListEntryRejected", said | {"entry_id": str(uuid4())}, person_id)


def test_a_rejection_and_a_withdrawal_that_cross_are_both_kept(office: Office) -> None:
    person_id = office.submitted()
    entry_id = entry_of(office, person_id)
    office.do(lists.withdraw_from_list, MARCH_LIST, entry_id, "died")
    said = {
        "list_id": str(MARCH_LIST),
        "entry_id": str(entry_id),
        "person_id": str(person_id),
        "commune": COMMUNE,
        "reason": "not_found",
        "rejected_on": "2026-03-06",
    }
    office.hear(Agency.BANK, "ListEntryRejected", said, person_id)
    assert office.held().gone.keys() == office.held().rejected.keys() == {entry_id}


def test_an_entry_that_was_only_drafted_is_not_withdrawn(office: Office) -> None:
    office.register()
    office.draft()
    entry_id = office.held().drafted.entries[0].entry.entry_id  # type: ignore[union-attr]
    with pytest.raises(EntryNotPending):
        office.do(lists.withdraw_from_list, MARCH_LIST, entry_id, "absent")


def test_the_log_says_of_a_submission_who_signed_what(office: Office) -> None:
    office.submitted()
    event = office.events(ListSubmitted)[0]
    assert event.signer.username == CHIEF.username
    assert event.document == Document("03/DS-CAX", date(2026, 3, 2))
    assert event.stamped.actor == CHIEF.username
