"""Plays the year: from day to day, act by act, waiting each time until everybody has heard."""

from collections.abc import Callable
from datetime import date, datetime, time
from itertools import groupby
from pathlib import Path

from shared.agreement.parties import Agency
from shared.demo.acts import Act, acts_of_police, acts_on_lists
from shared.demo.directory import Directory, ScriptWrong
from shared.demo.lending import acts_on_loans
from shared.demo.offices import ActRefused, Offices
from shared.demo.quiet import Statuses, wait_until_quiet
from shared.demo.script import Year
from shared.log.clock import LOCAL, local_day

OPENING = time(9)
"""Of the offices, in Viet Nam: when everything on a day happens."""

Progress = Callable[[date, int, int], None]
"""The day about to be played, how many days were played, and how many there are."""


def opening(day: date) -> datetime:
    return datetime.combine(day, OPENING, LOCAL)


def all_acts(year: Year, folder: Path) -> list[Act]:
    """Every act of the year in its order. Raises ScriptWrong for one outside the year."""
    acts = [*acts_of_police(year, folder), *acts_on_lists(year), *acts_on_loans(year)]
    for act in acts:
        if not year.begins <= act.on <= year.ends:
            raise ScriptWrong(
                f"year.toml: {act.id}: {act.on} ngoài khoảng {year.begins} – {year.ends}",
                f"year.toml: {act.id}: {act.on} is not between {year.begins} and {year.ends}",
            )
    return sorted(acts, key=lambda act: (act.on, act.order))


def play(year: Year, folder: Path, offices: Offices, progress: Progress) -> Statuses:
    """Play what is left of the year; returns how the services are at its end.

    A day is left only when all its acts are done and heard, so the days before the services' own were played.
    Raises ActRefused, OfficeAway, NotQuiet, ScriptWrong.
    """
    at = Directory(offices)
    days = {day: list(acts) for day, acts in groupby(all_acts(year, folder), lambda act: act.on)}
    days.setdefault(year.ends, [])
    reached = max(local_day(offices.clock(agency)) for agency in Agency)
    for number, day in enumerate(sorted(days)):
        progress(day, number, len(days))
        if day >= reached:
            _play_day(at, day, days[day], again=day == reached)
    progress(year.ends, len(days), len(days))
    return wait_until_quiet(offices, max(reached, year.ends))


def _play_day(at: Directory, day: date, acts: list[Act], *, again: bool) -> None:
    for agency in Agency:
        at.offices.step(agency, opening(day))
    for _, in_a_row in groupby(acts, lambda act: act.agency):
        wait_until_quiet(at.offices, day)  # the others' acts, and the day's own duties
        for act in in_a_row:
            _do(act, at, again=again)
    wait_until_quiet(at.offices, day)


def _do(act: Act, at: Directory, *, again: bool) -> None:
    """`again`: the act may have been done before; an expected refusal then counts whatever its reason."""
    try:
        act.do(at, act.key)
    except ActRefused as refused:
        if act.expects is None or not (again or refused.why == act.expects):
            raise ScriptWrong(
                f"{act.on:%d/%m/%Y}, {act.id}: {refused.message_vi}",
                f"{act.on}, {act.id}: {refused.message_en}",
                rule=refused.rule,
            ) from refused
    else:
        if act.expects is not None:
            raise ScriptWrong(
                f"{act.on:%d/%m/%Y}, {act.id}: lẽ ra phải bị từ chối ({act.expects})",
                f"{act.on}, {act.id}: should have been refused ({act.expects})",
            )
