"""What falls due at a commune police office as days pass."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from services.police.application import lists
from services.police.duties import duties_on
from services.police.list_events import ListFoundOverdue, ReminderIssued
from services.police.views.lists import reminders
from shared.agreement.calendar import Month
from tests.unit.police_office import AGREEMENT, BANK, COMMITTEE, COMMUNE, Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def tick(office: Office, day: date) -> None:
    """The tick of a local day, twice: the second time it must do nothing."""
    service = SimpleNamespace(agreement=AGREEMENT, calendar=office.calendar)
    for _ in range(2):
        for _, duty in duties_on(service, office.party, day):  # type: ignore[arg-type]
            office.decide(duty)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def live(office: Office, first: date, last: date) -> None:
    for day in days(first, last):
        office.at(day)
        tick(office, day)


def test_the_months_list_opens_on_the_25th_before(office: Office) -> None:
    office.now = datetime(2026, 2, 24, tzinfo=UTC)
    tick(office, date(2026, 2, 24))
    assert office.log.head() == 1  # the log's own opening
    tick(office, date(2026, 2, 25))
    assert (office.held().due_on, office.held().holder) == (date(2026, 3, 5), "police")


def test_a_service_first_started_after_the_25th_still_opens_the_list(office: Office) -> None:
    tick(office, date(2026, 3, 2))
    assert office.held().month == "2026-03"


def test_a_list_that_is_due_already_is_not_opened(office: Office) -> None:
    office.at(date(2026, 3, 6))
    tick(office, date(2026, 3, 6))
    assert office.log.head() == 1


def test_no_list_is_opened_outside_the_agreement(office: Office) -> None:
    live(office, date(2027, 12, 20), date(2028, 1, 10))
    assert office.log.head() == 1


def test_missed_days_are_ticked_as_of_the_day_on_which_they_were_due(office: Office) -> None:
    office.at(date(2026, 3, 10))
    for day in days(date(2026, 2, 24), date(2026, 3, 10)):
        tick(office, day)
    late = office.events(ListFoundOverdue)
    assert [(event.holder, event.held_since) for event in late] == [("police", date(2026, 2, 25))]


def test_whoever_holds_the_list_is_reminded_five_and_two_days_before_and_on_the_day(office: Office) -> None:
    live(office, date(2026, 2, 25), date(2026, 3, 5))
    # the 28th of February is a Saturday: the working day before
    assert [e.day for e in office.events(ReminderIssued)] == [
        date(2026, 2, 27),
        date(2026, 3, 3),
        date(2026, 3, 5),
    ]
    with office.views.reading() as db:
        assert [row["day"] for row in reminders(db, office.party.code)] == ["2026-03-05"]


def test_the_last_reminder_of_a_list_due_on_a_sunday_comes_on_friday(office: Office) -> None:
    live(office, date(2026, 3, 25), date(2026, 4, 5))
    assert office.events(ReminderIssued)[-1].day == date(2026, 4, 3)


def test_we_are_not_reminded_while_the_list_lies_with_the_commune(office: Office) -> None:
    live(office, date(2026, 2, 25), date(2026, 2, 28))
    office.draft()
    office.sign()
    live(office, date(2026, 3, 1), date(2026, 3, 3))
    assert [e.day for e in office.events(ReminderIssued)] == [date(2026, 2, 27)]
    office.confirm()
    live(office, date(2026, 3, 4), date(2026, 3, 5))
    assert office.events(ReminderIssued)[-1].day == date(2026, 3, 5)
    office.submit()
    tick(office, date(2026, 3, 6))
    assert office.events(ListFoundOverdue) == []


def test_after_the_5th_everybody_is_told_once_who_holds_the_list_and_since_when(office: Office) -> None:
    live(office, date(2026, 2, 25), date(2026, 3, 2))
    office.draft()
    office.sign()
    live(office, date(2026, 3, 3), date(2026, 3, 20))
    expected = {
        "list_id": str(office.held().id),
        "commune": COMMUNE,
        "month": "2026-03",
        "due_on": "2026-03-05",
        "holder": "commune",
        "held_since": "2026-03-02",
    }
    assert [told for told in office.told(BANK) if told[0] == "ListOverdue"] == [("ListOverdue", expected)]
    assert office.told(COMMITTEE)[-1] == ("ListOverdue", expected)


def test_lateness_counts_against_whoever_held_the_list_when_the_5th_passed(office: Office) -> None:
    live(office, date(2026, 2, 25), date(2026, 3, 3))
    office.draft()
    office.sign()
    # Back on the 7th, before the tick of the 6th is done: on the 5th it lay with the commune.
    office.at(date(2026, 3, 7))
    office.give_back(on=date(2026, 3, 7))
    tick(office, date(2026, 3, 6))
    assert office.events(ListFoundOverdue)[0].holder == "commune"


def test_a_list_may_be_handed_in_long_after_it_was_late(office: Office) -> None:
    live(office, date(2026, 2, 25), date(2026, 4, 8))
    office.draft()
    office.sign()
    office.confirm()
    office.submit()
    assert [e.month for e in office.events(ListFoundOverdue)] == ["2026-03", "2026-04"]
    assert office.held(Month(2026, 4)).id == lists.list_key(COMMUNE, Month(2026, 4))
