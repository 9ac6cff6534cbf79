"""A released person's case: registered, corrected, retracted, surveyed, handed over."""

from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from eventsourcing.persistence import StoredEvent

from services.police.application import lists, persons
from services.police.application.rows import take_row
from services.police.facts import Case, Conduct, Need, Registration
from services.police.person import ReleasedPerson, Standing
from services.police.person_events import EntryClosed, PersonRegistered
from services.police.refusals import (
    AlreadyRegistered,
    EntryNotPending,
    IdentityNumberKnown,
    LoanStands,
    MoveNotPossible,
    NeedsCorrection,
    NotManagedHere,
    NotOurCommune,
)
from shared.agreement.errors import NotFound, StaleVersion
from shared.agreement.parties import Agency
from shared.log.clock import start_of
from shared.log.mapper import TypedMapper
from tests.unit.police_office import (
    AGREEMENT,
    BANK,
    COMMITTEE,
    COMMUNE,
    FOREIGNER,
    OFFICER,
    OTHER_COMMITTEE,
    OTHER_COMMUNE,
    OTHER_POLICE,
    POLICE,
    Office,
    registration,
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def correct(office: Office, person_id: UUID, told: Registration) -> None:
    office.do(
        persons.correct_release, person_id, told.particulars, told.release, told.resident_since, office.same
    )


def transfer(office: Office, person_id: UUID, to: str = OTHER_COMMUNE, on: date = date(2026, 3, 1)) -> None:
    office.execute(
        OFFICER,
        lambda work, command: persons.transfer_person(work, command, AGREEMENT, person_id, to, on),
    )


def entry_of(office: Office, person_id: UUID) -> UUID:
    return next(e.entry_id for e in office.held().sent.values() if e.person_id == person_id)


def take(office: Office, told: Registration) -> tuple[str, UUID]:
    taken: tuple[str, UUID] = office.decide(lambda work: take_row(work, POLICE, told, office.same))
    return taken


# Registering


def test_a_registered_person_is_told_to_the_commune_without_certificate_or_completion(office: Office) -> None:
    person_id = office.register(full_name="Lê Thị Giả", note="riêng của ta")
    assert office.told(COMMITTEE) == [
        (
            "PersonReleased",
            {
                "person_id": str(person_id),
                "commune": COMMUNE,
                "particulars": msgspec.to_builtins(office.person(person_id).particulars),
                "ground": "sentence_completed",
                "resident_since": "2024-05-12",
            },
        )
    ]
    assert office.told(BANK) == []
    assert office.person(person_id).note == "riêng của ta"


def test_a_release_occurred_on_the_day_the_person_came_home(office: Office) -> None:
    office.register()
    assert office.events(PersonRegistered)[0].occurred == start_of(date(2024, 5, 12))


def test_a_person_of_another_commune_is_not_registered_here(office: Office) -> None:
    with pytest.raises(NotOurCommune):
        office.register(commune=OTHER_COMMUNE)


def test_nobody_is_registered_twice_by_identity_number(office: Office) -> None:
    person_id = office.register(identity_number="999085000999")
    with pytest.raises(AlreadyRegistered) as refused:
        office.register(identity_number="999085000999", full_name="Người Khác")
    assert refused.value.facts["person_id"] == str(person_id)


def test_without_a_number_nobody_is_registered_twice_by_name_birth_and_certificate(office: Office) -> None:
    office.register(identity_number=None)
    with pytest.raises(AlreadyRegistered):
        office.register(identity_number=None, full_name="NGUYỄN VĂN GIẢ ĐỊNH", certificate_no="0123 /gcn")
    with pytest.raises(AlreadyRegistered):
        office.register()  # the same person, now with a number
    office.register(identity_number=None, full_name="Nguyễn Văn Giá Định")
    office.register(identity_number=None, birth="1985")


def test_two_people_of_one_name_with_different_numbers_are_both_registered(office: Office) -> None:
    assert office.register() != office.register()


def test_a_retracted_person_may_be_registered_anew(office: Office) -> None:
    office.do(persons.retract_release, office.register(identity_number="999085000999"), "entered_in_error")
    office.register(identity_number="999085000999")


def test_version_1_of_a_registration_is_still_read(office: Office) -> None:
    case = Case(POLICE.code, COMMUNE, uuid4())
    state = {
        "originator_id": str(uuid4()),
        "originator_version": 1,
        "occurred": "2024-05-11T17:00:00Z",
        "case": {"office": case.office, "commune": case.commune, "person_id": str(case.person_id)},
        "particulars": {
            "full_name": "Nguyễn Văn Giả Định",
            "born_on": "1985-03-02",
            "sex": "male",
            "identity_number": None,
            "hamlet": "Thôn Một",
        },
        "release": {
            "ground": "amnesty",
            "certificate_no": "7/ĐX",
            "certificate_issued_on": "2024-05-10",
            "completed_on": "2024-05-10",
        },
        "resident_since": "2024-05-12",
    }
    old = StoredEvent(
        UUID(state["originator_id"]),  # type: ignore[arg-type]
        1,
        "police/person.registered#1",
        msgspec.json.encode(state),
    )
    mapper = office.log.mapper
    assert isinstance(mapper, TypedMapper)
    event = mapper.to_domain_event(old)
    assert isinstance(event, PersonRegistered)
    assert event.particulars.birth == "1985-03-02"
    assert event.release.probation_ends_on is None
    person = ReleasedPerson.project(None, [event])
    assert person is not None and person.case == case and person.standing is Standing.RESIDENT


# Who may see and change a case


def test_another_offices_case_is_not_found(office: Office, tmp_path: Path) -> None:
    person_id = office.register()
    with pytest.raises(NotFound):
        office.do(persons.write_note, person_id, "?", by=FOREIGNER)


def test_a_stale_version_is_refused(office: Office) -> None:
    person_id = office.register()
    with pytest.raises(StaleVersion):
        office.execute(OFFICER, lambda w, c: persons.write_note(w, c, person_id, "x"), version=1)


# Correction and retraction


def test_a_correction_is_told_whole(office: Office) -> None:
    person_id = office.register()
    right = registration(full_name="Nguyễn Văn Thật", ground="amnesty")
    correct(office, person_id, right)
    name, data = office.told(COMMITTEE)[-1]
    assert (name, data["particulars"]["full_name"], data["ground"]) == (
        "ReleaseCorrected",
        "Nguyễn Văn Thật",
        "amnesty",
    )
    assert office.person(person_id).particulars == right.particulars


def test_a_correction_that_changes_nothing_is_no_event(office: Office) -> None:
    person_id = office.register(identity_number="999085000998")
    version = office.person(person_id).version
    correct(office, person_id, registration(identity_number="999085000998"))
    assert office.person(person_id).version == version


def test_a_correction_cannot_make_one_person_of_two(office: Office) -> None:
    person_id = office.register()
    office.register(identity_number="999085000997")
    with pytest.raises(AlreadyRegistered):
        correct(office, person_id, registration(identity_number="999085000997"))


def test_a_correction_reaches_whoever_holds_the_entry(office: Office) -> None:
    person_id = office.submitted()
    correct(office, person_id, registration(full_name="Nguyễn Văn Thật"))
    for hearer in (COMMITTEE, BANK):
        name, data = office.told(hearer)[-1]
        assert name == "ListEntryCorrected"
        assert data["entry"]["particulars"]["full_name"] == "Nguyễn Văn Thật"
        assert data["entry"]["entry_id"] == str(entry_of(office, person_id))


def test_an_entry_that_is_still_with_the_commune_is_corrected_there_only(office: Office) -> None:
    person_id = office.register()
    office.draft()
    office.sign()
    correct(office, person_id, registration(full_name="Nguyễn Văn Thật"))
    assert office.told(COMMITTEE)[-1][0] == "ListEntryCorrected"
    assert office.told(BANK) == []


def test_a_correction_that_puts_a_person_outside_five_years_ends_his_entry(office: Office) -> None:
    person_id = office.submitted()
    old = date(2020, 1, 1)
    correct(office, person_id, registration(completed_on=old, certificate_issued_on=old))
    assert [name for name, _ in office.told(BANK)] == ["ListSubmitted", "EligibilityEnded"]


def test_a_retraction_ends_what_lies_at_the_bank_and_never_says_why(office: Office) -> None:
    person_id = office.submitted()
    entry_id = entry_of(office, person_id)
    office.do(persons.retract_release, person_id, "duplicate")
    name, data = office.told(BANK)[-1]
    assert name == "EligibilityEnded"
    assert set(data) == {"list_id", "entry_id", "person_id", "commune", "ended_on"}
    assert (data["entry_id"], data["ended_on"]) == (str(entry_id), "2026-03-02")
    assert ("ReleaseRetracted", {"person_id": str(person_id), "commune": COMMUNE, "reason": "duplicate"}) in (
        office.told(COMMITTEE)
    )
    assert office.person(person_id).pending == {}


def test_a_retraction_withdraws_what_is_not_at_the_bank_yet(office: Office) -> None:
    person_id = office.register()
    office.draft()
    office.sign()
    office.do(persons.retract_release, person_id, "duplicate")
    assert [name for name, _ in office.told(COMMITTEE)][-2:] == ["ReleaseRetracted", "ListEntryWithdrawn"]
    assert office.told(BANK) == []


def test_where_money_was_lent_nothing_is_retracted(office: Office) -> None:
    person_id = office.submitted()
    loan_id = office.approve(person_id, entry_of(office, person_id))
    with pytest.raises(LoanStands):
        office.do(persons.retract_release, person_id, "duplicate")
    office.loan("LoanSettled", person_id, loan_id, settled_on="2026-03-20")
    office.do(persons.retract_release, person_id, "duplicate")


def test_a_retracted_case_is_not_decided_on_any_more(office: Office) -> None:
    person_id = office.register()
    office.do(persons.retract_release, person_id, "duplicate")
    for use_case, facts in (
        (persons.retract_release, ("duplicate",)),
        (persons.register_residence, ("Thôn Hai", date(2026, 1, 1))),
        (persons.survey_need, (Need(False),)),
        (persons.assess_conduct, (Conduct(True, False),)),
        (persons.write_note, ("ghi chú",)),
        (persons.fill_identity_number, ("999085999999", office.same)),
    ):
        with pytest.raises(NotManagedHere):
            office.do(use_case, person_id, *facts)
    with pytest.raises(NotManagedHere):
        transfer(office, person_id)


# Residence, number, need, conduct


def test_a_new_hamlet_is_told_to_the_commune_and_corrects_the_entry(office: Office) -> None:
    person_id = office.submitted()
    office.do(persons.register_residence, person_id, "Thôn Hai", date(2026, 2, 1))
    names = [name for name, _ in office.told(COMMITTEE)]
    assert names[-2:] == ["ResidenceRegistered", "ListEntryCorrected"]
    entry = office.told(BANK)[-1][1]["entry"]
    assert (entry["particulars"]["hamlet"], entry["resident_since"]) == ("Thôn Hai", "2026-02-01")


def test_a_missing_number_is_filled_once(office: Office) -> None:
    person_id = office.register(identity_number=None)
    office.do(persons.fill_identity_number, person_id, "999085000777", office.same)
    assert office.told(COMMITTEE)[-1][0] == "ResidenceRegistered"
    assert office.told(COMMITTEE)[-1][1]["particulars"]["identity_number"] == "999085000777"
    with pytest.raises(IdentityNumberKnown):
        office.do(persons.fill_identity_number, person_id, "999085000778", office.same)


def test_another_persons_number_cannot_be_filled_in(office: Office) -> None:
    office.register(identity_number="999085000777")
    person_id = office.register(identity_number=None, birth="1990")
    with pytest.raises(AlreadyRegistered):
        office.do(persons.fill_identity_number, person_id, "999085000777", office.same)


def test_conduct_that_is_no_longer_good_ends_the_entry_without_a_reason(office: Office) -> None:
    person_id = office.submitted()
    office.do(persons.assess_conduct, person_id, Conduct(good=False, social_evils=False))
    assert [name for name, _ in office.told(BANK)] == ["ListSubmitted", "EligibilityEnded"]
    assert "conduct" not in str(office.told(BANK)[-1][1])
    assert office.told(COMMITTEE)[-1][0] == "ListSubmitted"


def test_conduct_that_is_no_longer_good_withdraws_an_entry_the_bank_does_not_hold(office: Office) -> None:
    person_id = office.register()
    office.draft()
    office.sign()
    office.do(persons.assess_conduct, person_id, Conduct(good=True, social_evils=True))
    assert office.told(COMMITTEE)[-1][0] == "ListEntryWithdrawn"
    assert office.told(BANK) == []


def test_who_no_longer_wishes_for_a_loan_is_withdrawn(office: Office) -> None:
    person_id = office.submitted()
    office.do(persons.survey_need, person_id, Need(False))
    assert office.told(BANK)[-1][0] == office.told(COMMITTEE)[-1][0] == "ListEntryWithdrawn"
    assert office.person(person_id).need == Need(False)


def test_another_amount_waits_for_the_next_list(office: Office) -> None:
    person_id = office.submitted()
    told = office.told(BANK)
    office.do(persons.survey_need, person_id, Need(True, "production", 70_000_000))
    assert office.told(BANK) == told
    assert list(office.person(person_id).pending) == [entry_of(office, person_id)]


def test_the_same_assessment_again_is_no_event(office: Office) -> None:
    person_id = office.register()
    version = office.person(person_id).version
    office.do(persons.assess_conduct, person_id, Conduct(good=True, social_evils=False))
    assert office.person(person_id).version == version


# Withdrawal


def test_a_withdrawn_person_is_asked_again_before_she_is_listed_again(office: Office) -> None:
    person_id = office.submitted()
    entry_id = entry_of(office, person_id)
    office.do(lists.withdraw_from_list, office.held().id, entry_id, "absent")
    assert office.person(person_id).need is None
    assert person_id not in office.wishing()
    assert office.events(EntryClosed)[-1].outcome == "withdrawn"
    with pytest.raises(EntryNotPending):
        office.do(lists.withdraw_from_list, office.held().id, entry_id, "absent")


def test_an_entry_withdrawn_for_want_of_a_wish_records_that_there_is_none(office: Office) -> None:
    person_id = office.submitted()
    office.do(lists.withdraw_from_list, office.held().id, entry_of(office, person_id), "no_wish")
    assert office.person(person_id).need == Need(False)


# Transfer


def test_a_move_tells_each_party_only_what_it_needs(office: Office) -> None:
    person_id = office.register()
    transfer(office, person_id)
    moved = {"person_id": str(person_id), "commune": COMMUNE, "to_commune": OTHER_COMMUNE}
    moved["transferred_on"] = "2026-03-01"
    assert office.told(COMMITTEE)[-1] == ("ResidenceTransferred", moved)
    assert set(office.told(OTHER_COMMITTEE)[0][1]) == {*moved, "particulars", "ground"}
    assert office.told(OTHER_POLICE)[0][1]["certificate_no"] == "0123/GCN"
    assert office.told(BANK) == []
    assert office.person(person_id).standing is Standing.TRANSFERRED


def test_a_move_with_an_entry_at_the_bank_withdraws_it_and_tells_the_bank(office: Office) -> None:
    person_id = office.submitted()
    transfer(office, person_id)
    assert [name for name, _ in office.told(BANK)] == [
        "ListSubmitted",
        "ListEntryWithdrawn",
        "ResidenceTransferred",
    ]


def test_a_move_with_an_entry_that_is_not_at_the_bank_is_not_the_banks_concern(office: Office) -> None:
    person_id = office.register()
    office.draft()
    office.sign()
    transfer(office, person_id)
    assert "ListEntryWithdrawn" in [name for name, _ in office.told(COMMITTEE)]
    assert office.told(BANK) == []


@pytest.mark.parametrize("disbursed", [False, True])
def test_a_move_with_a_loan_is_the_banks_concern_until_it_is_settled(office: Office, disbursed: bool) -> None:
    person_id = office.submitted()
    loan_id = office.approve(person_id, entry_of(office, person_id))
    if disbursed:
        paid = {"tranche_no": 1, "amount": 5, "principal": 5, "disbursed_on": "2026-03-16"}
        office.loan("LoanDisbursed", person_id, loan_id, **paid)
    transfer(office, person_id)
    assert office.told(BANK)[-1][0] == "ResidenceTransferred"


def test_a_move_after_the_loan_is_settled_is_not_the_banks_concern(office: Office) -> None:
    person_id = office.submitted()
    loan_id = office.approve(person_id, entry_of(office, person_id))
    office.loan("LoanSettled", person_id, loan_id, settled_on="2026-03-20")
    transfer(office, person_id)
    assert [name for name, _ in office.told(BANK)] == ["ListSubmitted"]


@pytest.mark.parametrize(
    ("to", "on"),
    [
        (COMMUNE, date(2026, 3, 1)),
        ("00000", date(2026, 3, 1)),
        (OTHER_COMMUNE, date(2026, 3, 3)),
        (OTHER_COMMUNE, date(2024, 5, 11)),
    ],
)
def test_a_move_to_nowhere_or_in_the_future_or_before_residence_is_refused(
    office: Office, to: str, on: date
) -> None:
    person_id = office.register()
    with pytest.raises(MoveNotPossible):
        transfer(office, person_id, to, on)


def test_the_receiving_police_carry_the_case_on_and_ask_anew(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    old, new = Office(tmp_path / "old"), Office(tmp_path / "new", OTHER_POLICE)
    person_id = old.register()
    transfer(old, person_id)
    data = old.told(OTHER_POLICE)[0][1]
    new.hear(
        Agency.POLICE,
        "ResidenceTransferred",
        data,
        person_id,
        publisher=POLICE.code,
        on=date(2026, 3, 1),
    )
    person = new.person(person_id)
    assert person.case == Case(OTHER_POLICE.code, OTHER_COMMUNE, person_id)
    assert (person.standing, person.resident_since) == (Standing.RESIDENT, date(2026, 3, 1))
    assert (person.need, person.conduct, person.residence_registered) == (None, None, False)
    broken = [c.rule for c in lists.checks_of(person, date(2026, 3, 2), date(2026, 3, 5)) if not c.passed]
    assert broken == ["residence", "conduct", "no_social_evils", "wish"]


def test_a_person_who_comes_back_takes_up_the_old_case(office: Office) -> None:
    person_id = office.register()
    transfer(office, person_id)
    data = office.told(OTHER_POLICE)[0][1] | {"commune": OTHER_COMMUNE, "to_commune": COMMUNE}
    for _ in range(2):  # the second time nothing happens
        office.hear(Agency.POLICE, "ResidenceTransferred", data, person_id, publisher=OTHER_POLICE.code)
    person = office.person(person_id)
    assert person.standing is Standing.RESIDENT
    assert office.wishing() == []


def test_a_loan_of_somebody_unknown_opens_a_shell_that_the_hand_over_fills(tmp_path: Path) -> None:
    new = Office(tmp_path, OTHER_POLICE)
    person_id, loan_id = uuid4(), uuid4()
    paid = {"tranche_no": 1, "amount": 5, "principal": 5, "disbursed_on": "2026-03-16"}
    new.loan("LoanDisbursed", person_id, loan_id, **paid)
    assert new.person(person_id).standing is Standing.SHELL
    with pytest.raises(NotFound):
        new.do(persons.write_note, person_id, "?", by=FOREIGNER)
    data = {
        "person_id": str(person_id),
        "commune": COMMUNE,
        "to_commune": OTHER_COMMUNE,
        "transferred_on": "2026-03-01",
        **msgspec.to_builtins(registration().release),
        "particulars": msgspec.to_builtins(registration().particulars),
    }
    new.hear(Agency.POLICE, "ResidenceTransferred", data, person_id, publisher=POLICE.code)
    assert new.person(person_id).standing is Standing.RESIDENT
    assert new.person(person_id).standing_loans == [loan_id]


def test_a_recovery_taken_back_reopens_a_settled_loan(office: Office) -> None:
    person_id = office.submitted()
    loan_id = office.approve(person_id, entry_of(office, person_id))
    office.loan("LoanSettled", person_id, loan_id, settled_on="2026-03-20")
    back = {"posting_id": uuid4(), "amount": 5, "reversed_on": "2026-03-21"}
    office.loan("DebtRecoveryReversed", person_id, loan_id, **back, principal=5)
    assert office.person(person_id).standing_loans == [loan_id]


def test_a_refused_person_may_be_listed_again(office: Office) -> None:
    person_id = office.submitted()
    office.loan(
        "LoanRefused",
        person_id,
        uuid4(),
        entry_id=entry_of(office, person_id),
        grounds="plan_or_capacity",
        refused_on="2026-03-12",
    )
    assert office.person(person_id).pending == {}
    assert [
        c
        for c in lists.checks_of(office.person(person_id), date(2026, 3, 2), date(2026, 4, 5))
        if not c.passed
    ] == []


# Rows of a workbook


def test_a_row_is_a_new_person_then_unchanged_then_updated(office: Office) -> None:
    told = registration(identity_number="999085000555", note="lần đầu")
    taken, person_id = take(office, told)
    assert taken == "accepted"
    version = office.person(person_id).version
    assert take(office, told) == ("unchanged", person_id)
    assert office.person(person_id).version == version
    changed = registration(
        identity_number="999085000555", hamlet="Thôn Ba", amount=60_000_000, conduct_good=False
    )
    assert take(office, changed) == ("updated", person_id)
    assert office.person(person_id).version == version + 3
    assert office.person(person_id).note == "lần đầu"


def test_a_row_that_brings_the_missing_number_updates_the_case(office: Office) -> None:
    _, person_id = take(office, registration(identity_number=None))
    assert take(office, registration(identity_number="999085000556")) == ("updated", person_id)
    assert office.person(person_id).particulars.identity_number == "999085000556"
    assert take(office, registration(identity_number=None)) == ("unchanged", person_id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("full_name", "Nguyễn Văn Khác"),
        ("birth", "1985"),
        ("ground", "amnesty"),
        ("certificate_no", "9/GCN"),
        ("certificate_issued_on", date(2024, 5, 11)),
        ("completed_on", date(2024, 5, 9)),
    ],
)
def test_a_row_that_says_otherwise_who_a_person_is_needs_a_correction(
    office: Office, field: str, value: object
) -> None:
    take(office, registration(identity_number="999085000557"))
    with pytest.raises(NeedsCorrection) as refused:
        take(office, registration(identity_number="999085000557", **{field: value}))
    assert refused.value.facts["fields"] == field


def test_a_row_of_another_commune_is_refused(office: Office) -> None:
    with pytest.raises(NotOurCommune):
        take(office, registration(commune=OTHER_COMMUNE))


def test_a_row_with_bad_conduct_ends_a_pending_entry(office: Office) -> None:
    office.submitted(identity_number="999085000558")
    take(office, registration(identity_number="999085000558", conduct_good=False))
    assert office.told(BANK)[-1][0] == "EligibilityEnded"
