"""An import that is cut short, given up, raced, or made for several offices at once."""

import shutil
import stat
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from eventsourcing.persistence import IntegrityError
from filelock import FileLock

from services.police.application import imports, persons
from services.police.application.imports import abandon_import, import_file
from services.police.application.lists import desk_key
from services.police.import_run import ImportAbandoned, ImportDesk, ImportStarted, RowsTaken
from services.police.person_events import PersonRegistered
from services.police.refusals import ImportBusy, ImportIncomplete, NoImportRunning
from services.police.service import AGENCY
from shared.agreement.calendar import Month
from shared.hosting.definition import ImportOptions
from shared.log.events import Event
from tests.unit.police_office import OTHER_COMMUNE, OTHER_POLICE, POLICE
from tests.unit.police_workbook import BAD, Importer, desk, row, said, sheet

APRIL = Month(2026, 4)


@pytest.fixture
def importer(tmp_path: Path) -> Iterator[Importer]:
    made = Importer(tmp_path)
    yield made
    made.close()


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Importer]:
    """Two offices on one service."""
    made = Importer(tmp_path, POLICE, OTHER_POLICE)
    yield made
    made.close()


@pytest.fixture
def small_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST_ROWS", 2)


# Cut short


class Killed(BaseException):
    """The process is gone."""


def killed(
    importer: Importer,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    *,
    commit: int,
    skip_bad: bool = False,
) -> None:
    """Import until the process dies instead of this commit (0 is the first)."""
    record, left = importer.office.log.record, iter(range(commit))

    def dying(*args: Any, **kwargs: Any) -> None:
        if next(left, None) is None:
            raise Killed
        record(*args, **kwargs)

    with monkeypatch.context() as dead, pytest.raises(Killed):
        dead.setattr(importer.office.log, "record", dying)
        importer.take(content, skip_bad=skip_bad)


def recorded(importer: Importer) -> list[Event]:
    return [it.event for page in importer.office.log.read() for it in page]


# Known people, changed ones, new ones, bad ones and one whose case is closed, over five commits of two rows.
KNOWN = sheet(row(1), row(2), row(3, Số_định_danh=""), row(4), row(5))
MIXED = sheet(
    row(1),
    row(6),
    row(7, **BAD),
    row(2, Số_tiền="60.000.000"),
    row(3),
    row(4, Họ_và_tên="Nguyễn Văn Khác"),
    row(5),
    row(6),
    row(8, Ngày_cấp="03/03/2026"),  # tomorrow
)


def twins(folder: Path) -> tuple[Importer, Importer]:
    """One office that knows some of the people, twice."""
    office = Importer(folder / "whole")
    office.take(KNOWN)
    office.office.do(persons.retract_release, office.person(5), "entered_in_error")
    office.office.open(APRIL)
    office.close()
    shutil.copytree(folder / "whole", folder / "cut")
    return Importer(folder / "whole"), Importer(folder / "cut")


@pytest.mark.parametrize("commit", range(7))
def test_the_same_file_completes_an_import_killed_at_any_commit(
    tmp_path: Path, small_commits: None, monkeypatch: pytest.MonkeyPatch, commit: int
) -> None:
    whole, cut = twins(tmp_path)
    expected = whole.take(MIXED, skip_bad=True)
    assert (expected.rows, expected.accepted, expected.updated, expected.unchanged) == (9, 1, 2, 1)
    assert [error.code for error in expected.errors] == [
        "amount_fraction",
        "needs_correction",
        "release_retracted",
        "duplicate_in_file",
        "date_in_future",
    ]

    killed(cut, monkeypatch, MIXED, commit=commit, skip_bad=True)
    if commit > 0:  # before the first there is no import yet
        with pytest.raises(ImportIncomplete):
            cut.office.draft(month=APRIL)
        cut.office.at(date(2026, 3, 9))  # a day on which the last row would be good
    assert cut.take(MIXED, skip_bad=commit == 0).as_dict() == expected.as_dict()
    assert cut.register() == whole.register()
    assert [type(event) for event in recorded(cut)] == [type(event) for event in recorded(whole)]
    cut.office.draft(month=APRIL)
    assert cut.rebuilt(tmp_path / "rebuilt") == cut.office.views.dump()
    for each in (whole, cut):
        each.close()


def test_another_file_waits_until_the_first_is_complete(
    importer: Importer, small_commits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sheet(row(1), row(2), row(3))
    killed(importer, monkeypatch, content, commit=2)
    (task,) = AGENCY.tasks(importer.service, POLICE)
    assert "thang-3.csv" in task.text and "2/3" in task.text
    with pytest.raises(ImportIncomplete, match=r"thang-3\.csv.*2 of 3") as refused:
        importer.take(sheet(row(4)), name="khác.csv")
    assert refused.value.facts == {"workbook": "thang-3.csv", "rows": 3, "taken": 2}
    assert importer.counts(sheet(row(4)), dry_run=True) == {"rows": 1, "accepted": 1}
    assert importer.counts(content, name="renamed.csv") == {"rows": 3, "accepted": 3}
    assert importer.counts(sheet(row(4)), name="khác.csv") == {"rows": 1, "accepted": 1}
    assert AGENCY.tasks(importer.service, POLICE) == []


def test_what_was_changed_after_it_was_recorded_does_not_count_against_the_completed_import(
    importer: Importer, small_commits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sheet(row(1), row(2), row(3))
    killed(importer, monkeypatch, content, commit=2)
    right = importer.office.person(importer.person(1))
    importer.office.do(
        persons.correct_release,
        importer.person(1),
        msgspec.structs.replace(right.particulars, full_name="Nguyễn Văn Đúng"),
        right.release,
        right.resident_since,
        importer.office.same,
    )
    assert importer.counts(content) == {"rows": 3, "accepted": 3}
    assert said(importer.take(content)) == [(2, "Họ và tên", "Nguyễn Văn Giả Định", "needs_correction")]


def test_a_row_that_was_overtaken_between_check_and_record_is_reported(
    importer: Importer, small_commits: None
) -> None:
    def overtake(step: str, rows: int, of: int | None) -> None:
        if (step, rows) == ("checking", 3):
            importer.office.register(identity_number="999085000003", full_name="Trần Thị Khác")

    report = importer.take(sheet(row(1), row(2), row(3)), progress=overtake)
    assert (report.accepted, report.rejected) == (2, 1)
    assert {error.code for error in report.errors} == {"needs_correction"}
    assert desk(importer).running is None


def test_a_batch_that_met_another_writer_is_decided_again(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = importer.office.log.record
    collided: list[Event] = []

    def colliding(decided: Sequence[Event], *rest: Any) -> None:
        if not collided and any(isinstance(event, RowsTaken) for event in decided):
            collided.extend(decided)
            raise IntegrityError
        record(decided, *rest)

    monkeypatch.setattr(importer.office.log, "record", colliding)
    assert importer.counts(sheet(row(1), row(2))) == {"rows": 2, "accepted": 2}
    assert collided
    assert len(importer.office.events(PersonRegistered)) == 2


def test_a_workbook_saved_anew_while_it_is_imported_is_imported_as_it_was(
    importer: Importer, tmp_path: Path
) -> None:
    path = tmp_path / "thang-3.csv"
    path.write_bytes(sheet(row(1), row(2)))

    def overwrite(step: str, rows: int, of: int | None) -> None:
        path.write_bytes(sheet(row(8), row(9)))

    with path.open("rb") as content:
        options = ImportOptions("an", progress=overwrite)
        import_file(importer.service, [POLICE], path.name, content, options)
    assert importer.counts(sheet(row(1), row(2))) == {"rows": 2, "unchanged": 2}


def test_no_copy_of_the_workbook_is_left_behind(importer: Importer, tmp_path: Path) -> None:
    left = tmp_path / f"import-{POLICE.code}"
    left.mkdir()  # by an import that was killed
    (left / "cũ.csv").write_bytes(b"999085000123")
    modes: list[int] = []

    def look(step: str, rows: int, of: int | None) -> None:
        modes.append(stat.S_IMODE(left.stat().st_mode))
        assert [file.name for file in left.iterdir()] == ["thang-3.csv"]

    importer.take(sheet(row(1)), progress=look)
    importer.take(sheet(row(1, **BAD)))
    assert set(modes) == {0o700}
    assert not left.exists()


def test_the_longest_file_name_is_taken(importer: Importer) -> None:
    assert importer.counts(sheet(row(1)), name="ệ" * 186 + ".csv") == {"rows": 1, "accepted": 1}
    assert desk(importer).workbook == importer.office.events(ImportStarted)[0].workbook


def test_two_imports_do_not_run_at_once(importer: Importer, tmp_path: Path) -> None:
    with FileLock(tmp_path / f"import-{POLICE.code}.lock"), pytest.raises(ImportBusy):
        importer.take(sheet(row(1)))
    assert importer.counts(sheet(row(1))) == {"rows": 1, "accepted": 1}


# Given up


def test_a_half_import_may_be_given_up_and_what_was_recorded_stays(
    importer: Importer, small_commits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sheet(row(1), row(2), row(3))
    killed(importer, monkeypatch, content, commit=2)
    abandon_import(importer.service, POLICE, lambda act: importer.office.decide(act, "truong"))
    (given_up,) = importer.office.events(ImportAbandoned)
    assert given_up.stamped.actor == "truong"
    importer.office.draft(month=APRIL)
    assert importer.counts(content) == {"rows": 3, "unchanged": 2, "accepted": 1}
    with pytest.raises(NoImportRunning):
        abandon_import(importer.service, POLICE, importer.office.decide)


def test_another_workbook_may_take_the_place_of_a_half_import(
    importer: Importer, small_commits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(importer, monkeypatch, sheet(row(1), row(2), row(3)), commit=2)
    head = importer.office.log.head()
    assert importer.take(sheet(row(4, **BAD)), abandon=True).rejected == 1
    assert importer.office.log.head() == head  # a bad workbook takes nothing's place
    better = sheet(row(1), row(2, Số_tiền="60.000.000"), row(4))
    assert importer.counts(better, abandon=True) == {"rows": 3, "unchanged": 1, "updated": 1, "accepted": 1}
    assert importer.counts(better, abandon=True) == {"rows": 3, "unchanged": 3}
    assert len(importer.office.events(ImportAbandoned)) == 1


# Several offices on one service


def test_each_row_goes_to_the_police_of_its_commune(both: Importer) -> None:
    content = sheet(row(1), row(2, Xã=OTHER_COMMUNE), row(3), row(4, Xã="99903"))
    report = both.take(content, skip_bad=True)
    assert (report.accepted, report.rejected) == (3, 1)
    assert said(report) == [(5, "Xã", "99903", "choice_unknown")]
    assert [(event.case.office, event.stamped.party) for event in both.office.events(PersonRegistered)] == [
        (POLICE.code, POLICE.code),
        (POLICE.code, POLICE.code),
        (OTHER_POLICE.code, OTHER_POLICE.code),
    ]
    ours, theirs = desk(both).report, desk(both, OTHER_POLICE.code).report
    assert (ours.rows, ours.accepted, ours.rejected) == (3, 2, 1)
    assert (theirs.rows, theirs.accepted, theirs.rejected) == (1, 1, 0)
    assert both.counts(content, skip_bad=True) == {"rows": 4, "unchanged": 3, "rejected": 1}


def test_a_row_without_commune_is_refused_where_several_offices_are_meant(both: Importer) -> None:
    content = sheet(row(1), row(2, Xã=""))
    assert said(both.take(content)) == [(3, "Xã", "", "required")]
    assert both.counts(content, offices=[POLICE]) == {"rows": 2, "accepted": 2}


def test_an_office_without_a_row_has_no_import(both: Importer) -> None:
    both.take(sheet(row(1)))
    assert both.office.log.find(ImportDesk, desk_key(OTHER_POLICE.code)) is None


@pytest.mark.parametrize("commit", range(1, 5))
def test_a_killed_import_for_two_offices_is_completed_for_both(
    tmp_path: Path, small_commits: None, monkeypatch: pytest.MonkeyPatch, commit: int
) -> None:
    content = sheet(row(1), row(2), row(3, Xã=OTHER_COMMUNE), row(4), row(5, Xã=OTHER_COMMUNE), row(6, **BAD))
    whole, cut = (Importer(tmp_path / name, POLICE, OTHER_POLICE) for name in ("whole", "cut"))
    expected = whole.take(content, skip_bad=True)
    killed(cut, monkeypatch, content, commit=commit, skip_bad=True)
    assert cut.take(content).as_dict() == expected.as_dict()
    assert cut.register() == whole.register()
    for each in (whole, cut):
        each.close()


def test_one_office_may_complete_its_part_alone(
    both: Importer, small_commits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sheet(row(1), row(2, Xã=OTHER_COMMUNE), row(3), row(4, Xã=OTHER_COMMUNE))
    killed(both, monkeypatch, content, commit=2)
    assert both.counts(content, offices=[POLICE]) == {"rows": 2, "accepted": 2}
    with pytest.raises(ImportIncomplete):
        both.take(sheet(row(9)))
    assert both.counts(sheet(row(9)), offices=[POLICE]) == {"rows": 1, "accepted": 1}
    assert both.counts(content) == {"rows": 2, "accepted": 2}  # the other office's
    assert both.counts(content) == {"rows": 4, "unchanged": 4}
