"""The year as data: read strictly, every act known by its own id, on days on which offices are open."""

from collections import Counter
from datetime import date
from pathlib import Path

import msgspec
import pytest

from shared.agreement.calendar import Calendar, Month
from shared.agreement.parties import load_agreement
from shared.demo.directory import ScriptWrong
from shared.demo.driver import all_acts
from shared.demo.script import load_year
from tests.scenarios.playing import EXAMPLES, YEAR

ACTS = all_acts(YEAR, EXAMPLES)


def test_no_two_acts_share_their_id() -> None:
    assert max(Counter(act.key for act in ACTS).values()) == 1


def test_officers_act_on_working_days_but_for_the_two_lists_due_on_a_sunday() -> None:
    calendar = Calendar(load_agreement(EXAMPLES / "agreement.toml").settings)
    off = {act.on for act in ACTS if not calendar.is_working(act.on)}
    assert off == {date(2026, 4, 5), date(2026, 7, 5)}
    due = {calendar.list_due(Month(2026, month)) for month in (4, 7)}
    assert off == due


def test_every_commune_has_a_list_in_every_month() -> None:
    listed = {(it.commune, it.month) for it in YEAR.lists}
    assert len(listed) == len(YEAR.lists) == 24 == 2 * YEAR.months


def test_what_the_script_does_not_know_is_refused_with_its_place(tmp_path: Path) -> None:
    wrong = tmp_path / "year.toml"
    text = (EXAMPLES / "year.toml").read_text(encoding="utf-8")
    wrong.write_text(text.replace("signed = ", "sealed = ", 1), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"year\.toml: .*sealed.*lists\[0\]\.rounds\[0\]|year\.toml: .*signed"
    ):
        load_year(wrong)


def test_an_act_outside_the_year_is_named() -> None:
    short = msgspec.structs.replace(YEAR, ends=date(2026, 10, 1))
    with pytest.raises(ScriptWrong) as wrong:
        all_acts(short, EXAMPLES)
    assert "2026-10-02" in wrong.value.message_vi
