"""The committed workbooks say what `people.csv` says."""

import csv
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.scenarios.playing import EXAMPLES, YEAR

COMMITTED = sorted(path.relative_to(EXAMPLES / "workbooks") for path in (EXAMPLES / "workbooks").rglob("*.*"))


def cells(path: Path) -> Sequence[Sequence[object]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [list(row) for row in csv.reader(file, delimiter=";")]
    book = load_workbook(path, read_only=True)
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    return rows


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workbooks")
    subprocess.run([sys.executable, EXAMPLES / "make_workbooks.py", folder], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", COMMITTED, ids=str)
def test_a_committed_workbook_is_what_the_script_makes(fresh: Path, name: Path) -> None:
    assert cells(EXAMPLES / "workbooks" / name) == cells(fresh / name)


def test_every_workbook_is_made_and_brought_once(fresh: Path) -> None:
    assert sorted(path.relative_to(fresh) for path in fresh.rglob("*.*")) == COMMITTED
    assert sorted(f"workbooks/{name}" for name in COMMITTED) == sorted(it.file for it in YEAR.imports)


def test_nobody_in_the_examples_has_an_identity_number_that_exists() -> None:
    with (EXAMPLES / "people.csv").open(encoding="utf-8", newline="") as file:
        numbers = [row["identity_number"] for row in csv.DictReader(file)]
    numbers += [loan.borrower.identity_number for loan in YEAR.loans]
    assert all(number.startswith("999") and len(number) == 12 for number in numbers if number)
