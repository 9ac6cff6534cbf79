"""Files as offices send them: workbooks, exports, and what only looks like one."""

import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from shared.sheets import cells
from shared.sheets.columns import Column
from shared.sheets.errors import CellError, SheetRefused
from shared.sheets.limits import Limits
from shared.sheets.messages import MESSAGES
from shared.sheets.reader import SheetRow, read_rows

COLUMNS = (
    Column(key="name", headers=("Họ và tên", "Full name"), parse=cells.text, required_header=True),
    Column(key="number", headers=("Số định danh",), parse=cells.digits(12, lost_zeros=2), sensitive=True),
    Column(key="day", headers=("Ngày cấp",), parse=cells.day),
    Column(key="amount", headers=("Số tiền",), parse=cells.vnd),
)
HEADERS = ["Họ và tên", "Số định danh", "Ngày cấp", "Số tiền"]
LAN = ["Lan", "051085000123", date(2024, 2, 29), 50_000_000]


def workbook(
    path: Path, rows: Iterable[Iterable[Any]], touch: Callable[[Worksheet], None] | None = None
) -> Path:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(list(row))
    if touch:
        touch(sheet)
    book.save(path)
    return path


def values(path: Path, limits: Limits | None = None) -> list[tuple[int, dict[str, Any]]]:
    found = []
    for row in read_rows(path, COLUMNS, limits):
        parsed, errors = row.values(COLUMNS)
        assert not errors
        found.append((row.number, parsed))
    return found


def refusals(path: Path, limits: Limits | None = None) -> list[CellError]:
    with pytest.raises(SheetRefused) as refused:
        list(read_rows(path, COLUMNS, limits))
    for error in refused.value.errors:
        assert "{" not in error.message.vi + error.message.en
    return list(refused.value.errors)


def refusal(path: Path, limits: Limits | None = None) -> str:
    (error,) = refusals(path, limits)
    return error.code


def only(rows: Iterable[SheetRow]) -> SheetRow:
    (row,) = rows
    return row


LAN_READ = {"name": "Lan", "number": "051085000123", "day": date(2024, 2, 29), "amount": 50_000_000}


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS[::-1], LAN[::-1]])
    assert values(path) == [(2, LAN_READ)]


@pytest.mark.parametrize(
    "headers",
    [
        ["HỌ VÀ TÊN", "SỐ ĐỊNH DANH", "NGÀY CẤP", "SỐ TIỀN"],
        ["ho va ten", "so dinh danh", "ngay cap", "so tien"],
        [" Họ  và\ntên:", "Số_định_danh", "Ngày cấp ", "Sốtiền"],
        [unicodedata.normalize("NFD", header) for header in HEADERS],
        ["full name", "NUMBER", "day", "Amount"],
    ],
)  # fmt: skip
def test_headers_match_without_case_diacritics_spacing_or_composition(
    tmp_path: Path, headers: list[str]
) -> None:
    assert values(workbook(tmp_path / "a.xlsx", [headers, LAN])) == [(2, LAN_READ)]


def test_an_error_names_the_header_as_the_file_has_it(tmp_path: Path) -> None:
    row = only(
        read_rows(workbook(tmp_path / "a.xlsx", [["full NAME", "Số định danh"], ["Lan", "12"]]), COLUMNS)
    )
    _, (error,) = row.values(COLUMNS)
    assert (error.row, error.column, error.value, error.code) == (2, "Số định danh", "**", "digits_wrong")


def test_all_that_is_wrong_with_the_headers_is_told_at_once(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["Quê quán", "Số tiền", "SO TIEN"], ["x", 1, 2]])
    errors = refusals(path)
    assert {(error.column, error.code) for error in errors} == {
        ("Quê quán", "header_unknown"),
        ("SO TIEN", "header_duplicate"),
        ("Họ và tên", "header_missing"),
    }
    assert {error.row for error in errors} == {1}
    unknown = next(error for error in errors if error.code == "header_unknown")
    assert "Họ và tên, Số định danh, Ngày cấp" in unknown.message.vi


def test_data_under_a_blank_header_are_refused(tmp_path: Path) -> None:
    errors = refusals(
        workbook(tmp_path / "a.xlsx", [["Họ và tên", None], ["Lan", None], ["Hoa", "051085000123"]])
    )
    assert [(error.row, error.column, error.value, error.code) for error in errors] == [
        (3, "B", "*********123", "header_blank")
    ]


def test_an_empty_column_without_header_does_not_matter(tmp_path: Path) -> None:
    assert values(workbook(tmp_path / "a.xlsx", [["Họ và tên", None, "Số tiền"], ["Lan", " ", 5]])) == [
        (2, {"name": "Lan", "amount": 5})
    ]


def test_merged_headers_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS, LAN], lambda sheet: sheet.merge_cells("A1:B1"))
    (error,) = refusals(path)
    assert (error.row, error.column, error.value, error.code) == (1, "A", "A1:B1", "header_merged")


def test_merged_cells_in_the_rows_are_refused_since_they_hide_values(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS, LAN, LAN], lambda sheet: sheet.merge_cells("A2:A3"))
    (error,) = refusals(path)
    assert (error.row, error.value, error.code) == (2, "A2:A3", "cells_merged")


def test_blank_rows_are_skipped_and_row_numbers_stay_those_of_the_sheet(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[], [None, " "], HEADERS, [], LAN, ["", None, "  "], [], LAN]
    assert [number for number, _ in values(workbook(tmp_path / "a.xlsx", rows))] == [5, 8]


def test_formulas_are_seen_and_refused(tmp_path: Path) -> None:
    row = only(
        read_rows(workbook(tmp_path / "a.xlsx", [HEADERS, ["Lan", None, "=TODAY()", "=1+1"]]), COLUMNS)
    )
    parsed, errors = row.values(COLUMNS)
    assert parsed == {"name": "Lan"}
    assert [(error.column, error.value, error.code) for error in errors] == [
        ("Ngày cấp", "=TODAY()", "cell_formula"),
        ("Số tiền", "=1+1", "cell_formula"),
    ]


def test_excel_errors_are_refused(tmp_path: Path) -> None:
    row = only(read_rows(workbook(tmp_path / "a.xlsx", [HEADERS, ["Lan", None, "#N/A", "#REF!"]]), COLUMNS))
    assert [error.code for error in row.values(COLUMNS)[1]] == ["cell_fault", "cell_fault"]


def test_a_time_or_a_day_that_no_calendar_has_is_not_a_date(tmp_path: Path) -> None:
    def dates(sheet: Worksheet) -> None:
        for place, value, style in (
            ("C2", 0.25, "hh:mm"),
            ("C3", 99_999_999, "dd/mm/yyyy"),
            ("C4", 1.5, "[h]:mm"),
        ):
            sheet[place].value = value
            sheet[place].number_format = style

    path = workbook(tmp_path / "a.xlsx", [HEADERS, ["Lan"], ["Hoa"], ["Mai"]], dates)
    codes = [row.values(COLUMNS)[1][0].code for row in read_rows(path, COLUMNS)]
    assert codes == ["date_not_understood"] * 3


def test_an_excel_date_is_read_whatever_its_format(tmp_path: Path) -> None:
    def american(sheet: Worksheet) -> None:
        sheet["C2"].number_format = "mm-dd-yy"

    assert values(workbook(tmp_path / "a.xlsx", [HEADERS, LAN], american))[0][1]["day"] == date(2024, 2, 29)


def test_dates_counted_from_1904_are_read_right(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append(HEADERS)
    sheet.append(LAN)
    book.save(tmp_path / "a.xlsx")
    assert values(tmp_path / "a.xlsx") == [(2, LAN_READ)]


def test_an_identity_number_typed_as_a_number_is_restored(tmp_path: Path) -> None:
    assert (
        values(workbook(tmp_path / "a.xlsx", [HEADERS[:2], ["Lan", 51085000123]]))[0][1]["number"] == LAN[1]
    )


def test_text_is_composed_on_the_way_in(tmp_path: Path) -> None:
    assert values(workbook(tmp_path / "a.xlsx", [["Họ và tên"], ["Nguye\u0302\u0303n"]])) == [
        (2, {"name": "Nguyễn"})
    ]


def test_a_cell_beyond_the_limit_is_an_error_of_its_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS, ["L" * 101]])
    _, (error,) = only(read_rows(path, COLUMNS, Limits(cell_chars=100))).values(COLUMNS)
    assert (error.code, error.value) == ("cell_too_long", "L" * 100)


def test_one_row_more_than_allowed_refuses_the_file(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS, LAN, [], LAN, LAN])
    assert len(values(path, Limits(rows=3))) == 3
    (error,) = refusals(path, Limits(rows=2))
    assert (error.row, error.code) == (5, "sheet_too_many_rows")


def test_data_far_to_the_right_refuse_the_file(tmp_path: Path) -> None:
    def stray(sheet: Worksheet) -> None:
        sheet["XFD2"].value = "x"

    (error,) = refusals(workbook(tmp_path / "a.xlsx", [HEADERS, LAN], stray))
    assert (error.column, error.code) == ("XFD", "sheet_too_many_columns")


def test_a_workbook_of_headers_alone_has_no_rows(tmp_path: Path) -> None:
    assert values(workbook(tmp_path / "a.xlsx", [HEADERS])) == []


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.csv"):
        (tmp_path / name).touch()
        assert refusal(tmp_path / name) == "file_empty"
    assert refusal(workbook(tmp_path / "b.xlsx", [])) == "file_empty"
    (tmp_path / "b.csv").write_text("\n ;;\n\n")
    assert refusal(tmp_path / "b.csv") == "file_empty"


def test_several_sheets_with_data_are_refused_but_hidden_and_empty_ones_do_not_count(tmp_path: Path) -> None:
    book = Workbook()
    first, second, _empty = book.active, book.create_sheet("Tháng 2"), book.create_sheet("Trang trống")
    assert isinstance(first, Worksheet)
    for sheet in (first, second):
        sheet.append(HEADERS)
        sheet.append(LAN)
    book.save(tmp_path / "a.xlsx")
    (error,) = refusals(tmp_path / "a.xlsx")
    assert error.code == "sheet_several" and "Tháng 2" in error.message.vi and "trống" not in error.message.vi
    first.sheet_state = "hidden"
    book.active = second
    book.save(tmp_path / "b.xlsx")
    assert values(tmp_path / "b.xlsx") == [(2, LAN_READ)]


def test_what_is_not_a_workbook_is_told_apart(tmp_path: Path) -> None:
    contents = {
        "text.xlsx": (b"just some text", "file_not_workbook"),
        "old.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file_old_excel"),
        "secret.xlsx": (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "file_encrypted",
        ),
        "cut.xlsx": (workbook(tmp_path / "whole.xlsx", [HEADERS, LAN]).read_bytes()[:-200], "file_broken"),
        "list.pdf": (b"%PDF-1.7", "file_kind"),
        "book.csv": (workbook(tmp_path / "whole2.xlsx", [HEADERS]).read_bytes(), "file_not_utf8"),
    }
    for name, (content, code) in contents.items():
        (tmp_path / name).write_bytes(content)
        assert refusal(tmp_path / name) == code, name
    assert refusal(tmp_path / "nowhere.xlsx") == "file_missing"
    assert refusal(tmp_path) == "file_kind"


def test_an_archive_that_is_not_a_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.xlsx", "w") as archive:
        archive.writestr("photo.jpg", b"x")
    assert refusal(tmp_path / "photos.xlsx") == "file_not_workbook"
    with zipfile.ZipFile(tmp_path / "letter.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types>wordprocessingml</Types>")
    assert refusal(tmp_path / "letter.xlsx") == "file_not_workbook"


def rewritten(path: Path, name: str, change: Callable[[bytes], bytes], to: Path) -> Path:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part.filename, change(content) if part.filename == name else content)
    return to


SHEET = "xl/worksheets/sheet1.xml"
SPREADSHEET = b"application/vnd.openxmlformats-officedocument.spreadsheetml"


def test_strings_that_excel_keeps_apart_from_the_cells_are_read(tmp_path: Path) -> None:
    path = tmp_path / "shared.xlsx"
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    strings = b"<sst %s><si><t>Full name</t></si><si><r><t>La</t></r><r><t>n</t></r></si></sst>" % space
    rows = b'<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    sheet = b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (space, rows)
    named = (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="%s.sharedStrings+xml"/></Types>'
        % SPREADSHEET
    )
    plain = rewritten(workbook(tmp_path / "a.xlsx", []), SHEET, lambda _: sheet, tmp_path / "b.xlsx")
    rewritten(plain, "[Content_Types].xml", lambda types: types.replace(b"</Types>", named), path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", strings)
    assert values(path) == [(2, {"name": "Lan"})]


def test_a_changed_byte_in_a_sheet_is_noticed(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS, *[LAN] * 200])
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo(SHEET).header_offset + 30 + len(SHEET)
    content = bytearray(path.read_bytes())
    content[start + 60] ^= 0xFF
    path.write_bytes(bytes(content))
    assert refusal(path) == "file_broken"


def test_a_sheet_of_broken_xml_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS, *[LAN] * 50])
    assert refusal(rewritten(path, SHEET, lambda xml: xml[:-900], tmp_path / "b.xlsx")) == "file_broken"


def test_entities_in_a_sheet_are_never_expanded(tmp_path: Path) -> None:
    def bomb(xml: bytes) -> bytes:
        start = xml.index(b"<worksheet")
        return b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + xml[start:]

    path = workbook(tmp_path / "a.xlsx", [HEADERS, LAN])
    assert refusal(rewritten(path, SHEET, bomb, tmp_path / "b.xlsx")) == "file_broken"


def test_a_row_number_beyond_excel_is_refused_at_once(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS, LAN])
    far = rewritten(
        path, SHEET, lambda xml: xml.replace(b'<row r="2"', b'<row r="999999999999"'), tmp_path / "b.xlsx"
    )
    assert refusal(far) == "file_broken"


def test_a_sheet_that_unpacks_to_far_more_than_it_is_gets_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS, LAN])
    bomb = rewritten(path, SHEET, lambda xml: xml + b" " * 20_000_000, tmp_path / "b.xlsx")
    assert bomb.stat().st_size < 50_000
    (error,) = refusals(bomb)
    assert error.code == "file_unpacks_too_large" and SHEET in error.message.en


def test_limits_on_the_archive_hold_before_anything_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS, LAN])
    for limits in (Limits(unzipped_bytes=2000), Limits(part_bytes=500), Limits(parts=3)):
        assert refusal(path, limits) == "file_unpacks_too_large", limits
    assert refusal(path, Limits(file_bytes=1000)) == "file_too_large"


def test_an_archive_with_encrypted_parts_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS, LAN])
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    path.write_bytes(bytes(content))
    assert refusal(path) == "file_encrypted"


def test_one_row_of_endless_elements_is_refused(tmp_path: Path) -> None:
    def endless(xml: bytes) -> bytes:
        at = xml.index(b"</row>")
        return xml[:at] + b"".join(b'<c r="A1"><v>%d</v></c>' % number for number in range(60_000)) + xml[at:]

    path = workbook(tmp_path / "a.xlsx", [HEADERS, LAN])
    assert refusal(rewritten(path, SHEET, endless, tmp_path / "b.xlsx")) == "file_unpacks_too_large"


CSV = "Họ và tên;Số định danh;Ngày cấp;Số tiền\n\nLan;051085000123;29/02/2024;50.000.000\n"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_csv_is_read_with_any_usual_delimiter_and_with_or_without_bom(
    tmp_path: Path, delimiter: str, mark: str
) -> None:
    (tmp_path / "a.csv").write_text(mark + CSV.replace(";", delimiter), encoding="utf-8")
    assert values(tmp_path / "a.csv") == [(3, LAN_READ)]


def test_a_csv_of_windows_lines_and_quoted_amounts_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes('"Họ và tên","Số tiền"\r\n"Lan, Thị","50,000,000"\r\n'.encode())
    assert values(tmp_path / "a.csv") == [(2, {"name": "Lan, Thị", "amount": 50_000_000})]


def test_a_csv_in_decomposed_unicode_is_read_composed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        unicodedata.normalize("NFD", "Họ và tên\nNguyễn Thị Hường\n"), encoding="utf-8"
    )
    assert values(tmp_path / "a.csv") == [(2, {"name": "Nguyễn Thị Hường"})]


@pytest.mark.parametrize("encoding", ["utf-16", "cp1258"])
def test_a_csv_in_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_text(
        "Họ tên;Số\nĐào;1\n".replace("ọ", "o").replace("ố", "ô"), encoding=encoding
    )
    assert refusal(tmp_path / "a.csv") == "file_not_utf8"


def test_a_csv_with_a_quote_left_open_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('Họ và tên;Số tiền\n"Lan;5\nHoa;6\n', encoding="utf-8")
    assert refusal(tmp_path / "a.csv") == "file_csv_malformed"


def test_a_formula_in_a_csv_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Họ và tên;Số tiền\nLan;=1+1\n", encoding="utf-8")
    assert only(read_rows(tmp_path / "a.csv", COLUMNS)).values(COLUMNS)[1][0].code == "cell_formula"


def test_a_csv_that_lost_a_leading_zero_is_refused_since_text_must_be_whole(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Họ và tên;Số định danh\nLan;51085000123\n", encoding="utf-8")
    assert only(read_rows(tmp_path / "a.csv", COLUMNS)).values(COLUMNS)[1][0].code == "digits_wrong"


def test_reading_may_stop_half_way_without_leaving_the_file_open(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV + "Hoa;;;\n", encoding="utf-8")
    for path in (tmp_path / "a.csv", workbook(tmp_path / "a.xlsx", [HEADERS, LAN, LAN])):
        rows = read_rows(path, COLUMNS)
        assert next(rows).cells["name"].shown() == "Lan"
        rows.close()  # type: ignore[attr-defined]


def test_an_error_about_a_missing_column_uses_the_name_officers_know(tmp_path: Path) -> None:
    row = only(read_rows(workbook(tmp_path / "a.xlsx", [["Full name"], ["Lan"]]), COLUMNS))
    error = row.error(COLUMNS[3], "header_missing", MESSAGES["header_missing"])
    assert (error.row, error.column, error.value) == (2, "Số tiền", "")


def test_a_workbook_whose_sheets_are_all_hidden_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADERS, LAN])
    hidden = rewritten(
        path, "xl/workbook.xml", lambda xml: xml.replace(b'"visible"', b'"veryHidden"'), tmp_path / "b.xlsx"
    )
    assert refusal(hidden) == "sheet_none"


def test_merged_cells_above_the_headers_do_not_matter(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [[], HEADERS, LAN], lambda sheet: sheet.merge_cells("A1:D1"))
    assert values(path) == [(3, LAN_READ)]


def test_dates_that_a_workbook_keeps_as_iso_text_are_read(tmp_path: Path) -> None:
    book = Workbook(iso_dates=True)
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in (HEADERS, LAN, ["Hoa", None, time(8)]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    first, second = read_rows(tmp_path / "a.xlsx", COLUMNS)
    assert first.values(COLUMNS)[0] == LAN_READ
    assert [error.code for error in second.values(COLUMNS)[1]] == ["date_not_understood"]
