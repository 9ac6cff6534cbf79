"""Writes the workbooks below `examples/workbooks/` from `people.csv`, each as its officer would make it.

`python examples/make_workbooks.py [FOLDER]`. The workbooks are committed; run this after changing `people.csv`.
Nobody in them exists. One officer writes headers in capitals, another without diacritics; dates are Excel's
in one workbook and text in the next; amounts are numbers here and 50.000.000 there.
"""

import csv
import sys
import unicodedata
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from io import BytesIO
from itertools import groupby
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

EXAMPLES = Path(__file__).parent
WRITTEN = datetime(2025, 10, 24)  # noqa: DTZ001 - what a workbook says of itself; fixed, so bytes stay the same
CSV_BOOKS = {"2025-12", "2026-03", "2026-06", "2026-08"}

COLUMNS = {
    "full_name": "Họ và tên",
    "birth": "Ngày sinh",
    "sex": "Giới tính",
    "identity_number": "Số định danh",
    "hamlet": "Thôn/tổ dân phố",
    "commune": "Xã",
    "ground": "Diện",
    "certificate_no": "Số giấy chứng nhận",
    "issued_on": "Ngày cấp",
    "completed_on": "Ngày chấp hành xong",
    "probation_ends_on": "Ngày hết thử thách",
    "resident_since": "Ngày về cư trú",
    "conduct": "Chấp hành pháp luật",
    "evils": "Tham gia tệ nạn xã hội",
    "wish": "Nhu cầu vay",
    "purpose": "Mục đích",
    "amount": "Số tiền",
    "study_months": "Số tháng học",
    "note": "Ghi chú",
}
WORDS = {
    "male": "Nam",
    "female": "Nữ",
    "completed": "Chấp hành xong án phạt tù",
    "amnesty": "Đặc xá",
    "conditional": "Tha tù trước thời hạn có điều kiện",
    "good": "Tốt",
    "poor": "Chưa tốt",
    "yes": "Có",
    "no": "Không",
    "training": "Đào tạo nghề",
    "production": "Sản xuất kinh doanh",
}
DATES = ("birth", "issued_on", "completed_on", "probation_ends_on", "resident_since")
COMMUNES = {"hoa-mau": "Xã Hòa Mẫu", "thien-mong": "Thiện Mộng"}

Row = dict[str, str]
Cell = str | int | date | None


def read_people(path: Path) -> dict[str, list[Row]]:
    """The rows of each workbook, in order, under the names of the workbook's columns."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        name: [_named(row) for row in of_book] for name, of_book in groupby(rows, lambda row: row["book"])
    }


def _named(row: Row) -> Row:
    ended = "probation_ends_on" if row["ground"] == "conditional" else "completed_on"
    commune = COMMUNES[row["book"].partition("/")[0]]
    return {
        **{key: WORDS.get(value, value) for key, value in row.items()},
        ended: row["ended_on"],
        "commune": commune,
    }


def write_book(name: str, rows: list[Row], folder: Path) -> Path:
    """`name`: the place and the month, `hoa-mau/2025-11`."""
    place, _, month = name.partition("/")
    columns = {key: _header(title, place) for key, title in COLUMNS.items() if _needed(key, place, rows)}
    path = folder / f"{name}.{'csv' if month in CSV_BOOKS else 'xlsx'}"
    path.parent.mkdir(parents=True, exist_ok=True)
    as_excel = place == "hoa-mau" and path.suffix == ".xlsx"
    table = [
        [_cell(key, row.get(key, ""), as_excel, number) for key in columns] for number, row in enumerate(rows)
    ]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, delimiter=";").writerows([list(columns.values()), *table])
    else:
        path.write_bytes(_workbook([list(columns.values()), *table]))
    return path


def _header(title: str, place: str) -> str:
    if place == "hoa-mau":
        return title
    # This officer types in capitals, without diacritics, and with blanks where none belong.
    plain = unicodedata.normalize("NFD", title.upper().replace("Đ", "D"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split()).replace(" ", "  ", 1)


def _needed(key: str, place: str, rows: list[Row]) -> bool:
    """An office with one commune may leave it out; so may everybody what no row needs."""
    if key == "commune":
        return place == "thien-mong"
    return key not in ("probation_ends_on", "study_months") or any(row.get(key) for row in rows)


def _cell(key: str, value: str, as_excel: bool, number: int) -> Cell:
    if not value:
        return None
    if key in DATES and len(value) == len("2025-10-24"):
        day = date.fromisoformat(value)
        # Even in one workbook not every date is typed alike.
        return day if as_excel and number % 4 else f"{day:%d/%m/%Y}"
    if key == "amount":
        return int(value) if as_excel and number % 2 else f"{int(value):,}".replace(",", ".")
    if key == "study_months" or (key == "birth" and as_excel):
        return int(value)
    return value


def _workbook(table: list[list[Cell]]) -> bytes:
    book = Workbook()
    book.properties.created = book.properties.modified = WRITTEN
    sheet = book.active
    assert sheet is not None
    sheet.title = "Danh sách"
    for cells in table:
        sheet.append(cells)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if isinstance(cell.value, date):
                cell.number_format = "dd/mm/yyyy"
    return _undated(book)


def _undated(book: Workbook) -> bytes:
    """The workbook's bytes with no time of writing in them."""
    written, fixed = BytesIO(), BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(fixed, "w") as goal:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":  # saving puts the present time there
                content = content.replace(*_times(content))
            goal.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def _times(content: bytes) -> tuple[bytes, bytes]:
    modified = content.partition(b'<dcterms:modified xsi:type="dcterms:W3CDTF">')[2].partition(b"<")[0]
    return modified, WRITTEN.strftime("%Y-%m-%dT%H:%M:%SZ").encode()


def main(arguments: Iterable[str]) -> None:
    folder = Path(next(iter(arguments), EXAMPLES / "workbooks"))
    for name, rows in read_people(EXAMPLES / "people.csv").items():
        path = write_book(name, rows, folder)
        sys.stdout.write(f"{path}: {len(rows)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
