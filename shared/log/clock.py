"""Time is an input: the clock is chosen once, at the composition root.

Instants are aware UTC datetimes; days are calendar dates in Asia/Ho_Chi_Minh.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)


def local_day(instant: datetime) -> date:
    """The calendar date in Viet Nam at `instant`."""
    return instant.astimezone(LOCAL).date()


def start_of(day: date) -> datetime:
    """The instant at which the local calendar date begins: when a fact known only by its date occurred."""
    return datetime.combine(day, time(), LOCAL).astimezone(UTC)


class SteppedClock:
    """A clock moved by hand, for demonstrations and tests; it never goes back.

    The time is kept in a file, so that it survives a kill and is shared by a service's processes.
    """

    def __init__(self, path: Path, start: datetime) -> None:
        self.path = path
        if not path.exists():
            self._write(start)

    def __call__(self) -> datetime:
        return datetime.fromisoformat(self.path.read_text(encoding="ascii"))

    def step_to(self, instant: datetime) -> None:
        """Move to `instant`. Raises ValueError when that lies before the present."""
        now = self()
        if instant < now:
            raise ValueError(
                f"the clock stands at {now.isoformat()} and cannot go back to {instant.isoformat()}"
            )
        self._write(instant)

    def _write(self, instant: datetime) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(instant.astimezone(UTC).isoformat(), encoding="ascii")
        fresh.replace(self.path)
