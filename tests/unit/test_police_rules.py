"""Who may be listed, article by article, and how that is said."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.police.facts import Conduct, Need, Release
from services.police.rules import (
    ART_3_1_A,
    ART_3_2_A,
    ART_6_1,
    ART_6_2_A,
    Candidate,
    Check,
    eligibility,
    failed,
    last_day_to_borrow,
)
from services.police.wording import sentence

ON, DUE = date(2026, 2, 26), date(2026, 3, 5)


def release(**changed: object) -> Release:
    facts = {
        "ground": "sentence_completed",
        "certificate_no": "0123/GCN",
        "certificate_issued_on": date(2024, 5, 10),
        "completed_on": date(2024, 5, 10),
        "probation_ends_on": None,
    }
    return Release(**(facts | changed))  # type: ignore[arg-type]


def on_probation_until(day: date, certificate_no: str | None = "0123/GCN") -> Release:
    return release(
        ground="conditional_release", completed_on=None, probation_ends_on=day, certificate_no=certificate_no
    )


def candidate(**changed: object) -> Candidate:
    facts = {
        "release": release(),
        "identity_number": "999085000123",
        "resident": True,
        "resident_since": date(2024, 5, 12),
        "conduct": Conduct(good=True, social_evils=False),
        "need": Need(True, "production", 50_000_000),
    }
    return Candidate(**(facts | changed))  # type: ignore[arg-type]


def broken(**changed: object) -> list[str]:
    return [check.rule for check in failed(eligibility(candidate(**changed), ON, DUE))]


def check(rule: str, **changed: object) -> Check:
    return next(c for c in eligibility(candidate(**changed), ON, DUE) if c.rule == rule)


def test_a_person_who_meets_every_condition_may_be_listed() -> None:
    assert broken() == []


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({"release": release(certificate_no=None)}, ["certificate"]),
        ({"release": release(certificate_issued_on=None)}, ["certificate"]),
        ({"identity_number": None}, ["identity_number"]),
        ({"resident": False}, ["residence"]),
        ({"resident_since": date(2026, 2, 27)}, ["residence"]),
        ({"conduct": None}, ["conduct", "no_social_evils"]),
        ({"conduct": Conduct(good=False, social_evils=False)}, ["conduct"]),
        ({"conduct": Conduct(good=True, social_evils=True)}, ["no_social_evils"]),
        ({"need": None}, ["wish"]),
        ({"need": Need(False)}, ["wish"]),
        ({"need": Need(True, None, 1)}, ["purpose", "ceiling"]),
        ({"need": Need(True, "training", 1)}, ["purpose", "ceiling"]),
        ({"pending": frozenset({"production"})}, ["not_pending"]),
        ({"lent": frozenset({"production"})}, ["no_open_loan"]),
    ],
)
def test_each_condition_that_is_not_met_is_named(changed: dict[str, object], rules: list[str]) -> None:
    assert broken(**changed) == rules


@pytest.mark.parametrize("purpose", ["pending", "lent"])
def test_a_training_loan_does_not_stand_against_a_production_loan(purpose: str) -> None:
    assert broken(**{purpose: frozenset({"training"})}) == []


def test_the_last_day_of_five_years_is_still_inside() -> None:
    assert broken(release=release(completed_on=date(2021, 3, 5))) == []
    assert broken(release=release(completed_on=date(2021, 3, 4))) == ["five_years"]


def test_five_years_are_counted_to_the_day_the_list_is_due() -> None:
    found = check("five_years", release=release(completed_on=date(2021, 3, 4)))
    assert found.source == ART_3_2_A
    assert found.facts == {"completed_on": "2021-03-04", "last_day": "2026-03-04", "due": "2026-03-05"}


def test_a_sentence_completed_on_29_february_may_borrow_until_28_february() -> None:
    assert last_day_to_borrow(release(completed_on=date(2024, 2, 29))) == date(2029, 2, 28)


def test_a_conditional_release_waits_until_probation_has_ended() -> None:
    assert "probation_ended" in broken(release=on_probation_until(date(2026, 2, 27)))
    assert broken(release=on_probation_until(date(2026, 2, 26))) == []


def test_a_conditional_release_counts_its_five_years_from_the_end_of_probation() -> None:
    assert broken(release=on_probation_until(date(2021, 3, 4))) == ["five_years"]


def test_a_conditional_release_needs_the_certificate_that_comes_after_probation() -> None:
    found = check("certificate", release=on_probation_until(date(2026, 2, 1), certificate_no=None))
    assert not found.passed
    assert found.source == ART_3_1_A


@pytest.mark.parametrize(
    ("need", "within"),
    [
        (Need(True, "production", 100_000_000), True),
        (Need(True, "production", 100_000_001), False),
        (Need(True, "training", 48_000_000, 12), True),
        (Need(True, "training", 48_000_001, 12), False),
    ],
)
def test_the_ceiling_is_100_million_or_4_million_a_month_of_study(need: Need, within: bool) -> None:
    found = check("ceiling", need=need)
    assert found.passed is within
    assert found.source == (ART_6_1 if need.purpose == "training" else ART_6_2_A)


@given(
    completed=st.dates(date(2000, 1, 1), date(2030, 1, 1)), due=st.dates(date(2024, 1, 1), date(2030, 1, 1))
)
def test_nobody_is_inside_five_years_a_day_after_he_was_outside(completed: date, due: date) -> None:
    def inside(day: date) -> bool:
        checks = eligibility(candidate(release=release(completed_on=completed)), due, day)
        return next(c for c in checks if c.rule == "five_years").passed

    assert inside(due) or not inside(date.fromordinal(due.toordinal() + 1))


def test_every_check_passed_or_failed_is_said_in_both_languages() -> None:
    anything = (
        candidate(),
        candidate(need=None, conduct=None, identity_number=None, resident=False),
        candidate(release=on_probation_until(date(2026, 2, 27), certificate_no=None)),
        candidate(release=on_probation_until(date(2026, 2, 1)), need=Need(True, "training", 10**9, 12)),
        candidate(need=Need(True), pending=frozenset({None}), lent=frozenset({None})),
        candidate(release=release(completed_on=None)),
        candidate(release=release(completed_on=date(2020, 1, 1))),
    )
    for someone in anything:
        for found in eligibility(someone, ON, DUE):
            said = sentence(found)
            assert said.vi and said.en
            assert "{" not in said.vi + said.en


def test_a_refusal_shows_days_and_amounts_as_officers_write_them() -> None:
    late = check("five_years", release=release(completed_on=date(2021, 3, 4)))
    assert (
        sentence(late).vi
        == "Chấp hành xong ngày 04/03/2021: chỉ được vay đến 04/03/2026, danh sách đến hạn 05/03/2026."
    )
    much = check("ceiling", need=Need(True, "production", 120_000_000))
    assert sentence(much).vi == "Số tiền 120.000.000 đồng vượt mức tối đa 100.000.000 đồng."
