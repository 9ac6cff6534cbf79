"""How a People's Committee reminds itself of a list that lies with it."""

from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.commune.duties import duties_on
from services.commune.list_events import Objection, Reminder, ReminderIssued
from shared.hosting.definition import Service
from tests.unit.commune_office import OFFICE, Office, list_sent, service_of

LIST = uuid4()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def service(office: Office, tmp_path: Path) -> Service:
    return service_of(office, tmp_path)


def tick(service: Service, office: Office, day: date, office_code: str = OFFICE) -> list[str]:
    """What fell due on a day, each act carried out twice, as after a crash in between."""
    names = []
    for name, duty in list(duties_on(service, service.office(office_code), day)):
        office.log.decide(office_code, "tick", duty)
        office.log.decide(office_code, "tick", duty)
        names.append(name)
    return names


def reminders(office: Office) -> list[tuple[Reminder, date]]:
    return [(reminder.of, reminder.day) for reminder in office.events(ReminderIssued)]


def tick_days(service: Service, office: Office, first: date, last: date) -> None:
    day = first
    while day <= last:
        tick(service, office, day)
        day += timedelta(days=1)


def test_a_committee_that_holds_the_list_is_reminded_before_the_5th(service: Service, office: Office) -> None:
    # 5 March 2026 is a Thursday: 5 days before is Saturday 28 February, so Friday 27; then Tuesday, Thursday.
    office.hear("ListSentForConfirmation", list_sent(LIST, []), occurred=date(2026, 2, 25))
    tick_days(service, office, date(2026, 2, 25), date(2026, 3, 10))
    assert [day for of, day in reminders(office) if of is Reminder.LIST_DUE] == [
        date(2026, 2, 27),
        date(2026, 3, 3),
        date(2026, 3, 5),
    ]


def test_the_decision_is_due_two_working_days_after_the_police_sent_the_list(
    service: Service, office: Office
) -> None:
    # Sent on a Friday: Monday is the first working day, Tuesday the second.
    office.hear("ListSentForConfirmation", list_sent(LIST, []), occurred=date(2026, 2, 27))
    tick_days(service, office, date(2026, 2, 27), date(2026, 3, 20))
    assert [(of, day) for of, day in reminders(office) if of is not Reminder.LIST_DUE] == [
        (Reminder.DECISION_DUE, date(2026, 3, 3)),
        (Reminder.DECISION_LATE, date(2026, 3, 4)),
    ]
    assert {reminder.due_on for reminder in office.events(ReminderIssued)} == {
        date(2026, 3, 3),
        date(2026, 3, 5),
    }


def test_a_list_that_came_too_late_is_still_said_to_be_late_once(service: Service, office: Office) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, []), occurred=date(2026, 2, 25))
    tick_days(service, office, date(2026, 3, 9), date(2026, 3, 12))
    assert reminders(office) == [(Reminder.DECISION_LATE, date(2026, 2, 28))]


def test_nobody_is_reminded_of_a_list_that_lies_elsewhere(service: Service, office: Office) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, []), occurred=date(2026, 2, 26))
    office.give_back(LIST, Objection("wrong_month"))
    assert tick(service, office, date(2026, 3, 5)) == []
    office.hear("ListSentForConfirmation", list_sent(LIST, [], round=2), occurred=date(2026, 3, 3))
    assert len(tick(service, office, date(2026, 3, 5))) == 2
    office.confirm(LIST)
    assert tick(service, office, date(2026, 3, 6)) == []


def test_a_list_of_one_committee_is_no_duty_of_another(service: Service, office: Office) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, []), occurred=date(2026, 2, 26))
    assert tick(service, office, date(2026, 3, 5), "ubnd-khac") == []


def test_a_reminder_that_was_decided_before_the_list_went_back_is_not_issued_after(
    service: Service, office: Office
) -> None:
    office.hear("ListSentForConfirmation", list_sent(LIST, []), occurred=date(2026, 3, 3))
    duties = list(duties_on(service, service.office(OFFICE), date(2026, 3, 5)))
    office.give_back(LIST, Objection("wrong_month"))
    for _, duty in duties:
        office.log.decide(OFFICE, "tick", duty)
    assert len(duties) == 2
    assert reminders(office) == []
