"""Working days in Viet Nam, and the dates of the monthly list.

The list of a month is due on the 5th of that month (plan of UBND xã III.1); what happens when the 5th is
no working day is stated nowhere: reminders come on the working day before, lateness counts after the 5th
(docs/open-questions.md).
"""

from datetime import date, timedelta

import holidays
import msgspec

from shared.agreement.parties import Settings

_LONGEST_BREAK = 30


class Month(msgspec.Struct, frozen=True, order=True):
    """A list month, written `2026-03`."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Raises ValueError on anything but YYYY-MM."""
        first = date.fromisoformat(f"{text}-01")
        return cls(first.year, first.month)

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def day(self, number: int) -> date:
        return date(self.year, self.month, number)

    def plus(self, months: int) -> "Month":
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)


class Calendar:
    """Public holidays with their substitute days, Saturdays and Sundays off, and the agreement's exceptions."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._holidays = holidays.country_holidays("VN", observed=True)

    def is_working(self, day: date) -> bool:
        if day in self.settings.extra_working_days:
            return True
        return day.weekday() < 5 and day not in self._holidays and day not in self.settings.extra_holidays

    def working_day_until(self, day: date) -> date:
        """The day itself, or the working day before it."""
        return self._walk(day, -1)

    def working_day_from(self, day: date) -> date:
        """The day itself, or the working day after it."""
        return self._walk(day, 1)

    def plus_working_days(self, day: date, count: int) -> date:
        """The last day of a time limit of `count` working days that begins the day after `day`."""
        for _ in range(count):
            day = self.working_day_from(day + timedelta(days=1))
        return day

    def list_opens(self, month: Month) -> date:
        return month.plus(-1).day(self.settings.list_opens_day)

    def list_due(self, month: Month) -> date:
        """The last day on which the list is in time."""
        return month.day(self.settings.list_due_day)

    def list_reminders(self, month: Month) -> list[date]:
        """The days on which whoever holds the list is reminded; the last is the day to hand it in."""
        last = self.working_day_until(self.list_due(month))
        days = [self.working_day_until(last - timedelta(days=days)) for days in self.settings.reminder_days]
        return list(dict.fromkeys(days))  # Over holidays two of them may fall together.

    def _walk(self, day: date, step: int) -> date:
        for days in range(_LONGEST_BREAK):
            walked = day + timedelta(days=days * step)
            if self.is_working(walked):
                return walked
        raise ValueError(
            f"no working day within {_LONGEST_BREAK} days of {day}: check the agreement's holidays"
        )
