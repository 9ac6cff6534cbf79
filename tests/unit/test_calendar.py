"""Working days in Viet Nam, and the dates of the monthly list."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.agreement.calendar import Calendar, Month
from shared.agreement.dates import months_after, years_after
from shared.agreement.parties import Settings

CALENDAR = Calendar(Settings())
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def month(text: str) -> Month:
    return Month.parse(text)


def dates(*days: str) -> list[date]:
    return [date.fromisoformat(day) for day in days]


# The list.


@pytest.mark.parametrize(
    ("of", "reminders"),
    [
        ("2026-03", dates("2026-02-27", "2026-03-03", "2026-03-05")),
        ("2026-04", dates("2026-03-27", "2026-04-01", "2026-04-03")),  # the 5th is a Sunday
        ("2026-07", dates("2026-06-26", "2026-07-01", "2026-07-03")),  # a Sunday
        ("2026-12", dates("2026-11-27", "2026-12-02", "2026-12-04")),  # a Saturday
        ("2027-02", dates("2027-01-29", "2027-02-01", "2027-02-03")),  # in the Tết holiday
    ],
)
def test_reminders_come_five_days_and_two_days_before_and_on_the_last_working_day(
    of: str, reminders: list[date]
) -> None:
    assert CALENDAR.list_reminders(month(of)) == reminders


def test_reminders_that_fall_together_over_a_holiday_are_one() -> None:
    """The 5th of September 2026 is a Saturday, and 31 August to 2 September are holidays."""
    assert CALENDAR.list_reminders(month("2026-09")) == dates("2026-08-28", "2026-09-04")


@pytest.mark.parametrize("of", ["2026-03", "2026-04", "2026-07", "2026-09", "2026-12"])
def test_the_list_is_due_on_the_5th_though_that_is_no_working_day(of: str) -> None:
    assert CALENDAR.list_due(month(of)) == month(of).day(5)


def test_the_list_opens_on_the_25th_of_the_month_before() -> None:
    assert CALENDAR.list_opens(month("2026-03")) == date(2026, 2, 25)
    assert CALENDAR.list_opens(month("2026-01")) == date(2025, 12, 25)


def test_the_parties_may_agree_on_other_days() -> None:
    calendar = Calendar(Settings(list_due_day=10, list_opens_day=20, reminder_days=(7, 0)))
    assert calendar.list_due(month("2026-03")) == date(2026, 3, 10)
    assert calendar.list_opens(month("2026-03")) == date(2026, 2, 20)
    assert calendar.list_reminders(month("2026-03")) == dates("2026-03-03", "2026-03-10")


def test_every_list_of_ten_years_has_its_days_in_order() -> None:
    for index in range(120):
        of = Month(2025, 1).plus(index)
        reminders = CALENDAR.list_reminders(of)
        assert reminders == sorted(set(reminders))
        assert reminders[-1] <= CALENDAR.list_due(of)
        assert all(CALENDAR.is_working(day) for day in reminders)


# Working days.


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-01",
        *(f"2026-02-{day}" for day in range(14, 23)),  # Tết: nine days with the weekends around it
        "2026-04-27",  # Hùng Kings on a Sunday: Monday instead
        "2026-04-30",
        "2026-05-01",
        "2026-09-01",
        "2026-09-02",
        "2026-03-07",
        "2026-03-08",
    ],
)
def test_nobody_works_on_holidays_and_weekends(day: str) -> None:
    assert not CALENDAR.is_working(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-02-13", "2026-02-23", "2026-03-05", "2026-12-25"])
def test_other_days_are_working_days(day: str) -> None:
    assert CALENDAR.is_working(date.fromisoformat(day))


def test_the_agreement_may_name_further_holidays_and_working_days() -> None:
    calendar = Calendar(
        Settings(extra_holidays=(date(2026, 1, 2),), extra_working_days=(date(2026, 1, 10), date(2026, 1, 1)))
    )
    assert not calendar.is_working(date(2026, 1, 2))
    assert calendar.is_working(date(2026, 1, 10))
    assert calendar.is_working(date(2026, 1, 1))


@pytest.mark.parametrize(
    ("sent", "decided"),
    [
        ("2026-03-03", "2026-03-05"),  # Tuesday to Thursday
        ("2026-03-05", "2026-03-09"),  # over a weekend
        ("2026-03-07", "2026-03-10"),  # sent on a Saturday
        ("2026-02-12", "2026-02-23"),  # over Tết
        ("2026-02-13", "2026-02-24"),
        ("2026-02-18", "2026-02-24"),  # sent in Tết
    ],
)
def test_the_commune_has_two_working_days(sent: str, decided: str) -> None:
    assert CALENDAR.plus_working_days(date.fromisoformat(sent), 2) == date.fromisoformat(decided)


def test_a_working_day_is_its_own_working_day() -> None:
    day = date(2026, 3, 5)
    assert CALENDAR.working_day_until(day) == CALENDAR.working_day_from(day) == day
    assert CALENDAR.working_day_until(date(2026, 2, 18)) == date(2026, 2, 13)
    assert CALENDAR.working_day_from(date(2026, 2, 18)) == date(2026, 2, 23)


def test_an_agreement_without_working_days_is_an_error_that_says_where() -> None:
    always_off = Calendar(Settings(extra_holidays=tuple(date(2026, 3, day) for day in range(1, 32))))
    with pytest.raises(ValueError, match="no working day within 30 days of 2026-03-01"):
        always_off.working_day_from(date(2026, 3, 1))


@given(DAYS, st.integers(0, 30))
def test_a_time_limit_of_working_days_ends_on_one_and_has_so_many_of_them(day: date, count: int) -> None:
    end = CALENDAR.plus_working_days(day, count)
    between = [date.fromordinal(number) for number in range(day.toordinal() + 1, end.toordinal() + 1)]
    assert sum(CALENDAR.is_working(each) for each in between) == count
    assert count == 0 or CALENDAR.is_working(end)


# Months.


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-3", "2026", "", "03-2026", "2026-03-01", "2026-W1", "２０２６-03"]
)
def test_a_month_is_written_in_one_way(text: str) -> None:
    with pytest.raises(ValueError):
        Month.parse(text)


@given(DAYS, st.integers(-200, 200))
def test_months_count_forth_and_back(day: date, months: int) -> None:
    of = Month.of(day)
    assert Month.parse(str(of)) == of
    assert of.plus(months).plus(-months) == of
    assert (of.plus(months) > of) == (months > 0)
    assert of.plus(12) == Month(of.year + 1, of.month)


# Dates as the law counts them.


@pytest.mark.parametrize(
    ("day", "years", "after"),
    [
        ("2021-03-05", 5, "2026-03-05"),
        ("2020-02-29", 5, "2025-02-28"),
        ("2020-02-29", 4, "2024-02-29"),
        ("2024-02-28", 4, "2028-02-28"),
        ("2024-02-29", -5, "2019-02-28"),
        ("2024-12-31", 0, "2024-12-31"),
    ],
)
def test_so_many_years_after_a_day(day: str, years: int, after: str) -> None:
    assert years_after(date.fromisoformat(day), years) == date.fromisoformat(after)


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-01-30", 1, "2028-02-29"),
        ("2026-01-29", 1, "2026-02-28"),
        ("2026-01-28", 1, "2026-02-28"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2026-03-31", 2, "2026-05-31"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-01-31", 120, "2036-01-31"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-05-15", 0, "2026-05-15"),
    ],
)
def test_so_many_months_after_a_day(day: str, months: int, after: str) -> None:
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(after)


@given(DAYS, st.integers(0, 240))
def test_months_after_never_leaves_the_month_it_counts_to(day: date, months: int) -> None:
    after = months_after(day, months)
    assert Month.of(after) == Month.of(day).plus(months)
    assert after.day <= day.day
    assert after.day == day.day or (Month.of(after).plus(1).day(1) - after).days == 1


@given(DAYS, st.integers(0, 20))
def test_a_year_is_twelve_months(day: date, years: int) -> None:
    assert years_after(day, years) == months_after(day, 12 * years)
