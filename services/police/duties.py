"""What falls due for a commune police office on a local day: the list opens, is reminded of, is found late.

Lists are due on the 5th (plan of UBND xã III.1). Each act is one commit and does nothing the second time.
"""

from collections.abc import Iterator
from datetime import date
from functools import partial

from services.police.application.lists import list_key
from services.police.borrower_list import BorrowerList
from shared.agreement.calendar import Month
from shared.agreement.parties import Party
from shared.hosting.definition import Duty, Service
from shared.log.application import UnitOfWork
from shared.log.clock import start_of


def duties_on(service: Service, office: Party, day: date) -> Iterator[tuple[str, Duty]]:
    """(name, act) of what is due on `day`; an act that finds nothing to do decides nothing."""
    agreement, calendar = service.agreement, service.calendar
    this = Month.of(day)
    for month in (this.plus(-1), this, this.plus(1)):
        due = calendar.list_due(month)
        if not agreement.valid_from <= due <= agreement.valid_until:
            continue
        if calendar.list_opens(month) <= day <= due:
            yield f"open list {month}", partial(_open, office=office, month=month, day=day, due=due)
        if day in calendar.list_reminders(month):
            yield f"remind of list {month}", partial(_remind, office=office, month=month, day=day)
        if day > due:
            yield f"find list {month} overdue", partial(_find_overdue, office=office, month=month, day=day)


def _open(work: UnitOfWork, office: Party, month: Month, day: date, due: date) -> None:
    """As of the day on which it was due, however late the tick comes: a list may be opened late and be overdue."""
    commune = office.commune or ""
    if work.find(BorrowerList, list_key(commune, month)) is None:
        borrowers = work.add(BorrowerList(list_key(commune, month)))
        borrowers.open(start_of(day), office.code, commune, str(month), due)


def _remind(work: UnitOfWork, office: Party, month: Month, day: date) -> None:
    borrowers = work.find(BorrowerList, list_key(office.commune or "", month))
    if borrowers is not None:
        borrowers.remind(work.now, day)


def _find_overdue(work: UnitOfWork, office: Party, month: Month, day: date) -> None:
    borrowers = work.find(BorrowerList, list_key(office.commune or "", month))
    if borrowers is not None:
        borrowers.find_overdue(day)
