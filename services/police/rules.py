"""Who may stand on the monthly list: Decision 22/2023/QĐ-TTg as the commune police apply it.

Every rule is a check that says on which article it rests, whether it passed, and which facts it compared, so
that a refusal, a list and an audit all tell the same story. Whether the bank has lent for the same purpose
under other programmes (Art. 3.3) the police cannot know; the bank looks that up.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from services.police.facts import Conduct, Need, Purpose, Release
from shared.agreement.dates import years_after
from shared.agreement.errors import Fact

DECISION = "Quyết định 22/2023/QĐ-TTg"
ART_1 = f"Điều 1 {DECISION}"
ART_3_1_A = f"Điều 3 khoản 1 điểm a {DECISION}"
ART_3_2_A = f"Điều 3 khoản 2 điểm a {DECISION}"
ART_3_3 = f"Điều 3 khoản 3 {DECISION}"
ART_6_1 = f"Điều 6 khoản 1 {DECISION}"
ART_6_2_A = f"Điều 6 khoản 2 điểm a {DECISION}"
CIRCULAR_10_ART_7 = "Điều 7 Thông tư 10/2024/TT-BCA"
FORM_01 = f"Mẫu số 01 {DECISION}"
COORDINATION = "Quy chế phối hợp"

YEARS_TO_BORROW = 5
MOST_ENTRIES = 500
"""Of one list: what its contract can carry."""


class Check(msgspec.Struct, frozen=True):
    """One rule applied to one person. `source`: the article; `facts`: the figures compared (days in ISO form)."""

    rule: str
    source: str
    passed: bool
    facts: dict[str, Fact] = {}


class Ceiling(msgspec.Struct, frozen=True):
    """The most that may be lent for a purpose from a day on: whole đồng, in all or per month of study."""

    purpose: Purpose
    since: date
    amount: int
    per_study_month: bool
    source: str


# In force since 10 October 2023; provinces may lend their own capital under other limits (domain facts 0.12).
CEILINGS = (
    Ceiling("training", date(2023, 10, 10), 4_000_000, per_study_month=True, source=ART_6_1),
    Ceiling("production", date(2023, 10, 10), 100_000_000, per_study_month=False, source=ART_6_2_A),
)


class Candidate(msgspec.Struct, frozen=True):
    """What the rules look at. `resident`: lives here as far as the office knows, with a hamlet of ours.

    `pending`, `lent`: the purposes for which an entry on another list is pending, or a loan approved or open.
    """

    release: Release
    identity_number: str | None
    resident: bool
    resident_since: date
    conduct: Conduct | None
    need: Need | None
    pending: frozenset[Purpose] = frozenset()
    lent: frozenset[Purpose | None] = frozenset()


def eligibility(candidate: Candidate, on: date, due: date) -> list[Check]:
    """Every check, as things stand on the day `on`, for the list that is due on `due`.

    Five years are counted to `due`; the bank counts them again at approval and at the first disbursement.
    """
    need = candidate.need
    checks = [
        _certificate(candidate.release),
        *_probation(candidate.release, on),
        _five_years(candidate.release, due),
        Check(
            "residence",
            ART_3_2_A,
            candidate.resident and candidate.resident_since <= on,
            {"resident": candidate.resident, "resident_since": candidate.resident_since.isoformat()},
        ),
        *_conduct(candidate.conduct),
        Check("identity_number", FORM_01, candidate.identity_number is not None),
        Check("wish", ART_3_2_A, need is not None and need.wants_loan, {"surveyed": need is not None}),
    ]
    if need is not None and need.wants_loan:
        checks += [_purpose(need), _ceiling(need, due)]
        checks += [
            Check(
                "not_pending", COORDINATION, need.purpose not in candidate.pending, {"purpose": need.purpose}
            ),
            Check("no_open_loan", ART_3_3, need.purpose not in candidate.lent, {"purpose": need.purpose}),
        ]
    return checks


def failed(checks: Iterable[Check]) -> list[Check]:
    return [check for check in checks if not check.passed]


def single_case(passed: bool) -> Check:
    """Of several cases with one identity number, only one may be listed: Form 01 names a person once."""
    return Check("single_case", FORM_01, passed)


def last_day_to_borrow(release: Release) -> date | None:
    """Art. 3.2.a: five years after completion, that day still inside (docs/open-questions.md)."""
    completed = release.counted_from
    return None if completed is None else years_after(completed, YEARS_TO_BORROW)


def ceiling_of(need: Need, on: date) -> tuple[int, Ceiling] | None:
    """The most that may be lent for this need on a day, with its rule; None where no rule covers it."""
    known = [c for c in CEILINGS if c.purpose == need.purpose and c.since <= on]
    if not known:
        return None
    ceiling = max(known, key=lambda c: c.since)
    return ceiling.amount * ((need.study_months or 0) if ceiling.per_study_month else 1), ceiling


def _certificate(release: Release) -> Check:
    held = release.certificate_no is not None and release.certificate_issued_on is not None
    return Check("certificate", ART_3_1_A, held, {"ground": release.ground})


def _probation(release: Release, on: date) -> list[Check]:
    ends = release.probation_ends_on
    if release.ground != "conditional_release" or ends is None:
        return []
    facts: dict[str, Fact] = {"probation_ends_on": ends.isoformat(), "on": on.isoformat()}
    return [Check("probation_ended", f"{CIRCULAR_10_ART_7}; {ART_3_1_A}", ends <= on, facts)]


def _five_years(release: Release, due: date) -> Check:
    completed, last = release.counted_from, last_day_to_borrow(release)
    if completed is None or last is None:
        return Check(
            "five_years", ART_3_2_A, False, {"completed_on": None, "last_day": None, "due": due.isoformat()}
        )
    facts: dict[str, Fact] = {
        "completed_on": completed.isoformat(),
        "last_day": last.isoformat(),
        "due": due.isoformat(),
    }
    return Check("five_years", ART_3_2_A, due <= last, facts)


def _conduct(conduct: Conduct | None) -> list[Check]:
    assessed: dict[str, Fact] = {"assessed": conduct is not None}
    return [
        Check("conduct", ART_3_2_A, conduct is not None and conduct.good, assessed),
        Check("no_social_evils", ART_3_2_A, conduct is not None and not conduct.social_evils, assessed),
    ]


def _purpose(need: Need) -> Check:
    complete = need.purpose is not None and (need.purpose != "training" or need.study_months is not None)
    return Check("purpose", ART_1, complete, {"purpose": need.purpose})


def _ceiling(need: Need, due: date) -> Check:
    found = ceiling_of(need, due)
    facts: dict[str, Fact] = {
        "amount": need.amount,
        "ceiling": found[0] if found else None,
        "study_months": need.study_months,
    }
    within = found is not None and need.amount is not None and need.amount <= found[0]
    return Check("ceiling", found[1].source if found else f"Điều 6 {DECISION}", within, facts)
