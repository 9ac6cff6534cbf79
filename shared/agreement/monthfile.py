"""The month file: how one commune's list of one month stands, where it lies and since when.

Folded, like the case file, from the published language only and in any order.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from shared.agreement.calendar import Calendar, Month
from shared.agreement.casefile import Spoken
from shared.log.clock import local_day

Holder = Literal["police", "commune", "bank"]


class MonthFile(msgspec.Struct, omit_defaults=True):
    """What one office knows of one list. Rounds count from 1; instants are UTC."""

    list_id: UUID
    commune: str = ""
    month: str = ""
    sent: dict[int, datetime] = {}
    returned: dict[int, datetime] = {}
    confirmed: dict[int, datetime] = {}
    entries: int | None = None
    submitted: datetime | None = None
    acknowledged: datetime | None = None
    overdue_holder: str | None = None
    overdue_since: str | None = None

    @property
    def state(self) -> str:
        """open, with_commune, returned, confirmed, submitted or acknowledged."""
        if self.acknowledged:
            return "acknowledged"
        if self.submitted:
            return "submitted"
        last = max(self.sent, default=max((*self.returned, *self.confirmed), default=0))
        if last in self.confirmed:
            return "confirmed"
        if last in self.returned:
            return "returned"
        return "with_commune" if last else "open"

    @property
    def holder(self) -> Holder:
        """Whose turn it is."""
        return {"with_commune": "commune", "submitted": "bank", "acknowledged": "bank"}.get(
            self.state, "police"
        )  # type: ignore[return-value]

    @property
    def held_since(self) -> datetime | None:
        return {
            "with_commune": self.sent.get(max(self.sent, default=0)),
            "returned": self.returned.get(max(self.returned, default=0)),
            "confirmed": self.confirmed.get(max(self.confirmed, default=0)),
            "submitted": self.submitted,
            "acknowledged": self.acknowledged,
        }.get(self.state)


class Obligation(msgspec.Struct, frozen=True):
    """What an agency owes by the agreement. `state`: open, overdue, met or met_late; `source`: the duty."""

    duty: str
    holder: Holder
    commune: str
    month: str
    due_on: date
    state: str
    source: str


def obligations(file: MonthFile, calendar: Calendar, today: date) -> list[Obligation]:
    """The duties around one list, as of `today`: the 5th, and the commune's time to decide."""
    month = Month.parse(file.month)
    due = calendar.list_due(month)
    done = file.submitted and local_day(file.submitted)
    holder: Holder = file.holder if not done else "police"
    owed = [
        Obligation(
            "list", holder, file.commune, file.month, due, _state(due, done, today), "Kế hoạch UBND xã, III.1"
        )
    ]
    for round, sent in sorted(file.sent.items()):
        until = calendar.plus_working_days(local_day(sent), calendar.settings.commune_decision_working_days)
        answer = file.confirmed.get(round) or file.returned.get(round)
        state = _state(until, answer and local_day(answer), today)
        owed.append(
            Obligation(
                "confirmation",
                "commune",
                file.commune,
                file.month,
                until,
                state,
                "Điều 3 khoản 2 điểm a QĐ 22",
            )
        )
    return owed


def _state(due: date, done: date | None, today: date) -> str:
    if done:
        return "met" if done <= due else "met_late"
    return "open" if today <= due else "overdue"


def fold(file: MonthFile, event: Spoken) -> None:
    """Add one published event about this list."""
    handler = _HANDLERS.get(event.name)
    if handler is not None:
        file.commune = event.data["commune"]
        file.month = event.data["month"]
        handler(file, event)


def _sent(file: MonthFile, event: Spoken) -> None:
    file.sent[event.data["round"]] = event.occurred


def _returned(file: MonthFile, event: Spoken) -> None:
    file.returned[event.data["round"]] = event.occurred


def _confirmed(file: MonthFile, event: Spoken) -> None:
    file.confirmed[event.data["round"]] = event.occurred
    file.entries = event.data["entries"]


def _submitted(file: MonthFile, event: Spoken) -> None:
    file.submitted = event.occurred
    file.entries = len(event.data["entries"])


def _acknowledged(file: MonthFile, event: Spoken) -> None:
    file.acknowledged = event.occurred


def _overdue(file: MonthFile, event: Spoken) -> None:
    file.overdue_holder = event.data["holder"]
    file.overdue_since = event.data["held_since"]


_HANDLERS: dict[str, Callable[[MonthFile, Spoken], None]] = {
    "ListSentForConfirmation": _sent,
    "ListReturned": _returned,
    "ListConfirmed": _confirmed,
    "ListSubmitted": _submitted,
    "ListAcknowledged": _acknowledged,
    "ListOverdue": _overdue,
}
