"""What falls due at a committee on a local day: reminders to itself while a list lies with it."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from uuid import UUID

from services.commune.application.lists import issue_reminder
from services.commune.list_events import Reminder
from services.commune.views.lists import lists_in_hand
from shared.agreement.calendar import Calendar, Month
from shared.agreement.parties import Party
from shared.hosting.definition import Duty, Service
from shared.log.application import UnitOfWork


def decision_due(calendar: Calendar, sent_on: date) -> date:
    """The last day for the committee's decision: working days from the day the police signed the list out."""
    return calendar.plus_working_days(sent_on, calendar.settings.commune_decision_working_days)


def reminders_on(
    calendar: Calendar, month: Month, sent_on: date, day: date
) -> Iterator[tuple[Reminder, date, date]]:
    """(of what, for which day, due on) of a list that lies with us on a local day."""
    if day in calendar.list_reminders(month):
        yield Reminder.LIST_DUE, day, calendar.list_due(month)
    due = decision_due(calendar, sent_on)
    if day == due:
        yield Reminder.DECISION_DUE, day, due
    elif day > due:
        # For the day after, whenever it is found: a list that came late is still said to be late, once.
        yield Reminder.DECISION_LATE, due + timedelta(days=1), due


def duties_on(service: Service, office: Party, day: date) -> Iterable[tuple[str, Duty]]:
    """Each duty is one small commit; the list knows what it was reminded of."""
    service.views.catch_up()
    with service.views.reading() as db:
        in_hand = lists_in_hand(db, office.code)
    for held in in_hand:
        for of, on, due in reminders_on(service.calendar, held.month, held.sent_on, day):
            yield f"{of} {held.month}", _reminding(held.list_id, of, on, due)


def _reminding(list_id: UUID, of: Reminder, on: date, due: date) -> Duty:
    def act(work: UnitOfWork) -> None:
        issue_reminder(work, list_id, of, on, due)

    return act
