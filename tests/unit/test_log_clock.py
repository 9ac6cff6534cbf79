"""Time is an input: instants in UTC, days in Viet Nam, and a clock that is moved by hand."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.log.channels import from_micros, to_micros
from shared.log.clock import SteppedClock, local_day, start_of, system_clock

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


def test_the_day_begins_at_midnight_in_viet_nam() -> None:
    assert start_of(date(2026, 3, 2)) == datetime(2026, 3, 1, 17, tzinfo=UTC)
    assert local_day(datetime(2026, 3, 1, 17, tzinfo=UTC)) == date(2026, 3, 2)
    assert local_day(datetime(2026, 3, 1, 16, 59, 59, 999999, tzinfo=UTC)) == date(2026, 3, 1)


def test_a_day_is_the_same_from_whatever_zone_the_instant_comes() -> None:
    new_york = timezone(timedelta(hours=-5))
    assert local_day(NOON.astimezone(new_york)) == local_day(NOON)


@given(st.dates(date(1976, 1, 1), date(2100, 1, 1)))
def test_every_day_begins_on_itself(day: date) -> None:
    assert local_day(start_of(day)) == day
    assert start_of(day).tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_kept_to_the_microsecond(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant


def test_the_system_clock_knows_its_zone() -> None:
    assert system_clock().tzinfo is UTC


def test_a_stepped_clock_stands_until_it_is_moved(tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path / "clock", NOON)
    assert clock() == clock() == NOON
    clock.step_to(NOON + timedelta(days=3))
    assert clock() == NOON + timedelta(days=3)


def test_a_stepped_clock_never_goes_back(tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path / "clock", NOON)
    clock.step_to(NOON)
    with pytest.raises(ValueError, match=r"stands at 2026-03-02T05:00:00\+00:00 and cannot go back"):
        clock.step_to(NOON - timedelta(microseconds=1))
    assert clock() == NOON


def test_a_stepped_clock_is_shared_by_the_processes_of_a_service_and_survives_them(tmp_path: Path) -> None:
    web, worker = SteppedClock(tmp_path / "clock", NOON), SteppedClock(tmp_path / "clock", NOON)
    web.step_to(NOON + timedelta(hours=1))
    assert worker() == NOON + timedelta(hours=1)
    assert SteppedClock(tmp_path / "clock", NOON)() == NOON + timedelta(hours=1)


def test_a_kill_while_the_clock_is_moved_leaves_the_old_time(tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path / "clock", NOON)
    (tmp_path / "clock.new").write_text("2026-0")
    assert clock() == NOON
    clock.step_to(NOON + timedelta(hours=1))
    assert clock() == NOON + timedelta(hours=1)


def test_a_stepped_clock_tells_utc_whatever_zone_it_is_set_in(tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path / "clock", NOON.astimezone(timezone(timedelta(hours=7))))
    assert clock() == NOON
    assert clock().utcoffset() == timedelta(0)
