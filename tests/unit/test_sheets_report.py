"""What an officer gets back from an import."""

import json
import stat
from pathlib import Path

import pytest

from shared.sheets.errors import CellError
from shared.sheets.report import MAX_LISTED, Report
from shared.sheets.text import Text

ERROR = CellError(7, "Ngày cấp", "31/02/2026", "date_impossible", Text("Không có ngày này.", "No such day."))


def test_a_report_has_exactly_the_agreed_shape() -> None:
    report = Report(rows=3, accepted=1, unchanged=1)
    report.reject([ERROR])
    assert report.as_dict() == {
        "rows": 3,
        "accepted": 1,
        "unchanged": 1,
        "updated": 0,
        "rejected": 1,
        "errors": [
            {
                "row": 7,
                "column": "Ngày cấp",
                "value": "31/02/2026",
                "code": "date_impossible",
                "message": "Không có ngày này.",
            }
        ],
    }
    assert report.as_dict("en")["errors"][0]["message"] == "No such day."


def test_rejected_counts_every_row_even_when_no_more_errors_are_listed() -> None:
    report = Report()
    for _ in range(MAX_LISTED + 5):
        report.reject([ERROR, ERROR])
    assert (report.rejected, len(report.errors)) == (MAX_LISTED + 5, MAX_LISTED)


def test_not_all_is_taken_when_a_row_or_the_file_is_refused() -> None:
    assert Report(rows=2, accepted=2).all_taken
    of_the_file, of_a_row = Report(), Report()
    of_the_file.explain([ERROR])
    of_a_row.reject([])
    assert not of_the_file.all_taken and not of_a_row.all_taken
    assert of_the_file.rejected == 0


def test_a_report_is_readable_by_its_owner_only_even_over_an_open_one(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")
    path.chmod(0o644)
    Report(rows=1, accepted=1).write(path, "en")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text(encoding="utf-8"))["accepted"] == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(OSError, match=r"report\.json"):
        Report().write(tmp_path / "report.json")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
