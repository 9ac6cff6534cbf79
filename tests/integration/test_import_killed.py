"""A real `phoihop import`, killed with SIGKILL while it records: the same command completes it."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.hosting.setup import prepare
from tests.unit.police_workbook import BAD, row, sheet

ROOT = Path(__file__).parents[2]
AGREEMENT = ROOT / "examples" / "agreement.toml"
ROWS = 2_000
ROUND = 500
EVENTS_OF_A_PERSON = 3  # registered, assessed, surveyed
PATIENCE = 60  # seconds of the machine's time


def command(data: Path, workbook: Path, *options: str) -> list[str]:
    phoihop = Path(sys.executable).with_name("phoihop")
    return [str(phoihop), "--data", str(data), "import", str(workbook), "--agency", "police", *options]


def completed(data: Path, workbook: Path, *options: str) -> tuple[int, dict[str, Any]]:
    out = data / "report.json"
    arguments = [*command(data, workbook, *options), "--json", str(out)]
    child = subprocess.run(arguments, check=False, timeout=PATIENCE, cwd=ROOT)
    return child.returncode, json.loads(out.read_text(encoding="utf-8"))


def killed_beyond(data: Path, events: int, workbook: Path, *options: str) -> None:
    """Start the import, and kill it as soon as the log holds more than so many events."""
    with subprocess.Popen(
        command(data, workbook, *options), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as child:
        deadline = time.monotonic() + PATIENCE
        while child.poll() is None and sum(topics(data).values()) <= events:
            assert time.monotonic() < deadline, "the import records nothing"
            time.sleep(0.002)
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL, "the import was quicker than the test"


def topics(data: Path) -> Counter[str]:
    """How many events of each kind the log holds."""
    log = data / "police" / "log.sqlite"
    if not log.exists():
        return Counter()
    with closing(sqlite3.connect(f"file:{log}?mode=ro", uri=True, timeout=30)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name='stored_events'").fetchone():
            return Counter()
        return Counter(dict(db.execute("SELECT topic, COUNT(*) FROM stored_events GROUP BY topic")))


def register(data: Path) -> list[tuple[Any, ...]]:
    """Everybody in the register, without the ids that are made up anew each time."""
    views = data / "police" / (data / "police" / "views.current").read_text(encoding="ascii")
    with closing(sqlite3.connect(f"file:{views}?mode=ro", uri=True)) as db:
        return db.execute(
            "SELECT office, standing, full_name, identity_number, certificate_no, resident_since, conduct_good,"
            " wants_loan, purpose, amount, version FROM police_persons ORDER BY identity_number"
        ).fetchall()


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workbook") / "tinh.csv"
    communes = ("99901", "99902")
    rows = [row(number, Xã=communes[number % 2]) for number in range(ROWS)]
    rows[700].update(BAD)
    path.write_bytes(sheet(*rows))
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return set_up(tmp_path / "killed")


def set_up(folder: Path) -> Path:
    prepare(folder, AGREEMENT, stepped_from=datetime(2026, 3, 2, 2, tzinfo=UTC))
    return folder


def test_an_import_killed_again_and_again_ends_as_if_nothing_had_happened(
    data: Path, workbook: Path, tmp_path: Path
) -> None:
    whole = set_up(tmp_path / "whole")
    expected = completed(whole, workbook, "--skip-bad")
    assert expected[0] == 2
    assert (expected[1]["rows"], expected[1]["accepted"], expected[1]["rejected"]) == (ROWS, ROWS - 1, 1)

    for batches in (0, 1, 2):
        killed_beyond(data, batches * ROUND * EVENTS_OF_A_PERSON, workbook, "--skip-bad")
    assert 0 < topics(data)["police/import.rows_taken#1"] < topics(whole)["police/import.rows_taken#1"]
    assert topics(data)["police/import.completed#1"] == 0

    assert completed(data, workbook, "--skip-bad") == expected
    assert topics(data) == topics(whole)
    assert register(data) == register(whole)
    assert list((data / "police").glob("import-*/*")) == []  # the copies that the killed ones left

    code, report = completed(data, workbook, "--skip-bad")
    assert (code, report["unchanged"], report["rejected"]) == (2, ROWS - 1, 1)
