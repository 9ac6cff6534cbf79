"""Waiting until everything that was said has been heard and acted on."""

import time
from datetime import date

from shared.agreement.parties import Agency
from shared.demo.offices import DemoStopped, Json, Offices

LONGEST_WAIT = 60.0
"""Seconds (of the machine) after which the demonstration says what did not become quiet."""
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.1

Statuses = dict[Agency, Json]

NOTHING_TOLD: Json = {"told": 0, "digest": None}
NOTHING_HEARD: Json = {"heard": 0, "digest": None, "state": "not listened to", "trouble": None}


class NotQuiet(DemoStopped):
    """Something was not heard, ticked or folded in time; the message names all of it."""

    def __init__(self, today: date, unquiet: list[str]) -> None:
        what = "; ".join(unquiet)
        super().__init__(
            f"{today:%d/%m/%Y}, sau {LONGEST_WAIT:.0f} giây vẫn chưa xong: {what}",
            f"{today}: not done after {LONGEST_WAIT:.0f} s: {what}",
        )


def wait_until_quiet(offices: Offices, today: date) -> Statuses:
    """Return the statuses once every office has ticked `today`, every channel's hearer has heard all that its
    publisher told, and all views are caught up. Raises NotQuiet, OfficeAway.

    One look is enough: whatever a service does of itself follows from something it heard, which its publisher,
    asked after it, would report as told and it as not heard.
    """
    ends, pause = time.monotonic() + LONGEST_WAIT, FIRST_PAUSE
    while True:
        statuses = {agency: offices.status(agency) for agency in Agency}
        unquiet = _unquiet(statuses, today)
        if not unquiet:
            return statuses
        if time.monotonic() > ends:
            raise NotQuiet(today, unquiet)
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def heard_on(statuses: Statuses) -> dict[str, Json]:
    """Every channel that its hearer listens to, as the hearer sees it."""
    return {line["channel"]: line for status in statuses.values() for line in status["incoming"]}


def told_on(statuses: Statuses) -> dict[str, Json]:
    """Every channel on which something was told, as its publisher sees it."""
    return {line["channel"]: line for status in statuses.values() for line in status["outgoing"]}


def _unquiet(statuses: Statuses, today: date) -> list[str]:
    found = []
    for agency, status in statuses.items():
        for office, day in status["ticked"].items():
            if day is None or day < str(today):
                found.append(f"{office} ticked {day}")
        if status["views_behind"]:
            found.append(f"{agency} views -{status['views_behind']}")
        if status["trouble"]:
            found.append(f"{agency} {status['trouble']}")
    heard = heard_on(statuses)
    for channel, told in told_on(statuses).items():
        line = heard.get(channel, NOTHING_HEARD)
        if line["heard"] < told["told"]:
            why = f"{line['state']} {line['trouble'] or ''}".strip()
            found.append(f"{channel} {line['heard']}/{told['told']} ({why})")
    return found
