"""The case file is the same in whatever order its facts are heard, and says what was said best, not last."""

from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

from shared.agreement.casefile import CaseFile, Spoken, fold
from shared.contracts.common import CASE, ENTRY, ENTRY_EXAMPLE, LIST, LOAN, PARTICULARS

PERSON = UUID(CASE)
OLD_POLICE, NEW_POLICE, BANK = "ca-dong", "ca-tay", "pgd-song"
POSTING = str(uuid4())


def spoken(name: str, day: int, publisher: str = OLD_POLICE, **data: Any) -> Spoken:
    about = {"person_id": CASE, "commune": "99901"}
    return Spoken(uuid4(), name, publisher, datetime(2026, 3, day, 2, tzinfo=UTC), about | data)


def living_in(hamlet: str) -> dict[str, Any]:
    return PARTICULARS | {"hamlet": hamlet}


def listed(name: str, day: int, hamlet: str, commune: str = "99901", round: int = 1) -> Spoken:
    line = ENTRY_EXAMPLE | {"particulars": living_in(hamlet)}
    return spoken(name, day, list_id=LIST, commune=commune, month="2026-03", round=round, entries=[line])


def corrected(day: int, hamlet: str) -> Spoken:
    entry = ENTRY_EXAMPLE | {"particulars": living_in(hamlet)}
    return spoken("ListEntryCorrected", day, list_id=LIST, entry=entry)


def file_of(*events: Spoken) -> CaseFile:
    case = CaseFile(PERSON)
    for event in events:
        fold(case, event)
    return case


def the_same_in_any_order(*events: Spoken) -> CaseFile:
    (first, *others) = (file_of(*order) for order in permutations(events))
    assert all(other == first for other in others)
    return first


def moved(day: int) -> Spoken:
    """As the new commune's committee is told."""
    facts: dict[str, Any] = {"particulars": living_in("Thôn cũ"), "ground": "amnesty"}
    on = date(2026, 3, day).isoformat()
    return spoken("ResidenceTransferred", day, to_commune="99902", transferred_on=on, **facts)


def test_the_ground_that_only_the_former_police_told_stays_known_though_it_is_heard_last() -> None:
    here = spoken(
        "ResidenceRegistered",
        12,
        NEW_POLICE,
        commune="99902",
        particulars=living_in("Thôn mới"),
        resident_since="2026-03-11",
    )
    case = the_same_in_any_order(moved(10), here)
    assert (case.ground, case.commune) == ("amnesty", "99902")
    assert case.particulars == living_in("Thôn mới")


def test_two_police_offices_that_listed_a_person_leave_one_answer_where_she_is() -> None:
    before, after = listed("ListSubmitted", 5, "Thôn Một"), listed("ListSubmitted", 25, "Thôn Hai", "99902")
    assert the_same_in_any_order(before, after).commune == "99902"


def test_a_list_handed_over_as_it_was_signed_does_not_undo_a_correction_made_since() -> None:
    registered = spoken(
        "ResidenceRegistered", 3, particulars=living_in("Thôn mới"), resident_since="2026-03-03"
    )
    sent, handed_over = (
        listed("ListSentForConfirmation", 2, "Thôn cũ"),
        listed("ListSubmitted", 5, "Thôn cũ"),
    )
    case = the_same_in_any_order(sent, registered, handed_over)
    assert case.particulars == living_in("Thôn mới")
    assert case.completed_on == ENTRY_EXAMPLE["completed_on"]


def test_a_correction_said_together_with_the_list_follows_it() -> None:
    for _ in range(8):  # the ids that break other ties are random
        case = the_same_in_any_order(listed("ListSubmitted", 5, "Thôn cũ"), corrected(5, "Thôn mới"))
        assert case.particulars == living_in("Thôn mới")


def of_the_loan(name: str, day: int, **facts: Any) -> Spoken:
    return spoken(name, day, BANK, loan_id=LOAN, **facts)


def test_a_settled_loan_is_borrowed_again_when_a_receipt_is_taken_back() -> None:
    case = file_of(
        of_the_loan("LoanDisbursed", 6, tranche_no=1, amount=100),
        of_the_loan("DebtRecovered", 7, posting_id=POSTING, amount=100),
        of_the_loan("LoanSettled", 7, settled_on="2026-03-07"),
    )
    assert case.stage == "settled"
    fold(case, of_the_loan("DebtRecoveryReversed", 8, posting_id=POSTING, amount=100))
    assert (case.stage, case.loans[UUID(LOAN)].principal) == ("borrowing", 100)


def test_an_entry_ends_on_the_first_day_that_was_said() -> None:
    ends = [
        spoken("EligibilityEnded", day, list_id=LIST, entry_id=ENTRY, ended_on=f"2026-03-{day:02}")
        for day in (9, 12)
    ]
    assert the_same_in_any_order(*ends).entries[UUID(ENTRY)].ended_on == "2026-03-09"
