"""`phoihop import`: what an officer sees, and what a script that calls it can rely on."""

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

from shared.cli.main import cli
from shared.hosting.config import load_config
from shared.hosting.host import open_host
from shared.hosting.setup import prepare
from tests.unit.police_workbook import BAD, row, sheet

AGREEMENT = Path(__file__).parents[2] / "examples" / "agreement.toml"
OURS, THEIRS = "ca-hoamau", "ca-thienmong"

Run = Callable[..., Result]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    prepare(tmp_path / "var", AGREEMENT, stepped_from=datetime(2026, 3, 2, 2, tzinfo=UTC))
    return tmp_path / "var"


@pytest.fixture
def run(data: Path, tmp_path: Path) -> Run:
    def run(*rows: dict[str, str], options: tuple[str, ...] = (), agency: str = "police") -> Result:
        file = tmp_path / "thang-3.csv"
        file.write_bytes(sheet(*rows))
        return CliRunner().invoke(
            cli, ["--data", str(data), "import", str(file), "--agency", agency, *options]
        )

    return run


def events(data: Path) -> int:
    host = open_host(data / "police", load_config(data / "police"))
    try:
        return host.service.log.head()
    finally:
        host.close()


def test_everything_was_taken(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    result = run(row(1), row(2, Xã="99902"), options=("--json", str(out)))
    assert result.exit_code == 0, result.output
    assert json.loads(out.read_text(encoding="utf-8")) == {
        "rows": 2, "accepted": 2, "unchanged": 0, "updated": 0, "rejected": 0, "errors": []
    }  # fmt: skip
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    again = run(row(1), row(2, Xã="99902"), options=("--json", "-"))
    assert again.exit_code == 0
    assert json.loads(again.stdout)["unchanged"] == 2


def test_refused_rows_are_shown_masked_and_nothing_is_recorded(run: Run, data: Path) -> None:
    before = events(data)
    result = run(row(1), row(2, Số_định_danh="99908500012"), row(3, Họ_và_tên="A [bold]"))
    assert result.exit_code == 2
    assert "Chưa ghi gì." in result.stdout
    assert "digits_wrong" in result.stdout
    assert "********012" in result.stdout
    assert "99908500012" not in result.stdout
    assert "[bold]" in result.stdout
    assert events(data) == before


def test_bad_rows_are_skipped_when_asked_for_and_still_said(run: Run) -> None:
    result = run(row(1), row(2, **BAD), options=("--skip-bad", "--json", "-"))
    assert result.exit_code == 2
    report = json.loads(result.stdout)
    assert (report["accepted"], report["rejected"]) == (1, 1)


def test_a_dry_run_records_nothing(run: Run, data: Path) -> None:
    before = events(data)
    assert run(row(1), options=("--dry-run",)).exit_code == 0
    assert run(row(1, **BAD), options=("--dry-run",)).exit_code == 2
    assert events(data) == before
    assert run(row(1), options=("--dry-run", "--abandon")).exit_code == 2


def test_an_office_may_be_named(run: Run) -> None:
    assert run(row(1, Xã=""), options=("--office", OURS)).exit_code == 0
    result = run(row(2, Xã=""))
    assert result.exit_code == 2
    assert f"{OURS}, {THEIRS}" in result.stderr
    assert run(row(2), options=("--office", "ca-khac")).exit_code == 2


def test_a_second_import_at_the_same_time_is_told_to_wait(run: Run, data: Path) -> None:
    with FileLock(data / "police" / f"import-{OURS}.lock"):
        result = run(row(1))
    assert result.exit_code == 2
    assert "Một bảng tính khác đang được nhập" in result.stderr


def test_an_agency_that_takes_no_workbooks_says_so(run: Run) -> None:
    result = run(row(1), agency="commune")
    assert result.exit_code == 2
    assert "không nhận bảng tính" in result.stderr


def test_a_folder_without_a_service_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(sheet(row(1)))
    result = CliRunner().invoke(cli, ["--data", str(tmp_path), "import", str(file), "--agency", "police"])
    assert result.exit_code == 2
    assert "service.json" in result.stderr.replace("\n", "")
