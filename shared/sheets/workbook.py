"""The cells of an `.xlsx` workbook, streamed.

openpyxl does the reading, but its read-only worksheet is not used: it reads a whole sheet to learn its size,
keeps an XML element for every row it has passed, fills gaps between rows one by one (a row numbered 10^12
would never end), and warns instead of refusing. Its readers of workbook, styles, strings and a single row are
used, in a loop that forgets each row once read.
"""

import re
import zlib
from collections.abc import Generator, Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO, NamedTuple
from warnings import catch_warnings, simplefilter
from xml.etree.ElementTree import Element, ParseError
from zipfile import BadZipFile, ZipFile

import openpyxl
from defusedxml.ElementTree import iterparse
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import coordinate_to_tuple, get_column_letter
from openpyxl.utils.datetime import from_excel
from openpyxl.worksheet._reader import DATA_TAG, FORMULA_TAG, ROW_TAG, WorkSheetParser

from shared.sheets.cells import Cell, Kind, text_cell
from shared.sheets.errors import refusal
from shared.sheets.limits import MAX_EXCEL_ROW, Limits

if not openpyxl.DEFUSEDXML:  # switched off by an environment variable of openpyxl's
    raise RuntimeError("openpyxl must parse XML with defusedxml: unset OPENPYXL_DEFUSEDXML")

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0"  # old Excel, and any workbook with a password
_CENTRAL_ENTRY = b"PK\x01\x02"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_MERGE = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^<>]*?ref\s*=\s*[\"']([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})[\"']"
)
_CONTENT_TYPES = "[Content_Types].xml"
_CHUNK = 2**20
_ELEMENTS_PER_ROW = 100_000  # an Excel row has at most 16,384 cells of two or three elements

# What openpyxl, zipfile and the XML parser raise on a file that is not what it claims to be.
_BROKEN = (
    BadZipFile, zlib.error, ParseError, EOFError, OSError, NotImplementedError, RuntimeError,
    KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError,
)  # fmt: skip

_KINDS = {"f": Kind.FORMULA, "e": Kind.FAULT, "b": Kind.TRUTH}  # by openpyxl's letters; the rest by value

RawRow = tuple[int, dict[int, Cell]]


class _RowParser(WorkSheetParser):
    def parse_formula(self, element: Element) -> str:
        # A formula is refused, so it need not be understood: openpyxl would translate shared ones.
        return "=" + (element.findtext(FORMULA_TAG) or "")


def workbook_rows(file: BinaryIO, limits: Limits) -> Generator[RawRow, None, None]:
    """Rows of the one visible sheet with data: sheet row number, and its cells that hold something by column
    number (1 is A).

    Raises SheetRefused: not a workbook, encrypted, broken, beyond the limits, several sheets with data, or
    any merged cells at or below the first row with something in it.
    """
    _check_magic(file)
    try:
        _check_archive(file, limits)
        book = _Book(file)
        holding = [sheet for sheet in book.visible if next(_rows(book, sheet, limits), None)]
        merged = _merged_ranges(book, holding[0]) if len(holding) == 1 else []
    except _BROKEN as error:
        raise _broken(error) from error
    if not book.visible:
        raise refusal("sheet_none")
    if len(holding) > 1:
        raise refusal("sheet_several", names=", ".join(sheet.name for sheet in holding))
    header_row = 0
    for number, cells in _guarded(_rows(book, holding[0], limits)) if holding else ():
        if not header_row:
            header_row = number
            _refuse_merged(merged, header_row)
        yield number, cells


class _Sheet(NamedTuple):
    name: str
    part: str


class _Book:
    """What the rows of any sheet of a workbook need; `dates`: the cell styles that show a number as a day."""

    def __init__(self, file: BinaryIO) -> None:
        with catch_warnings():
            simplefilter("ignore")  # of what it would not keep when writing: we only read
            reader: Any = ExcelReader(file, read_only=True, keep_links=False)
            reader.read_manifest()
            reader.read_strings()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
            sheets = list(reader.parser.find_sheets())
        self.archive: ZipFile = reader.archive
        self.strings: list[str] = reader.shared_strings
        self.epoch: datetime = reader.wb.epoch
        self.dates: set[int] = reader.wb._date_formats - reader.wb._timedelta_formats
        self.visible = [
            _Sheet(sheet.name, rel.target)
            for sheet, rel in sheets
            if sheet.state == "visible" and "chartsheet" not in rel.Type and rel.target in reader.valid_files
        ]


def _guarded(rows: Iterator[RawRow]) -> Iterator[RawRow]:
    while True:
        try:
            row = next(rows, None)
        except _BROKEN as error:
            raise _broken(error) from error
        if row is None:
            return
        yield row


def _broken(error: BaseException) -> Exception:
    return refusal("file_broken", reason=type(error).__name__)


def _check_magic(file: BinaryIO) -> None:
    head = file.read(8)
    if head.startswith(OLE_MAGIC):
        raise refusal("file_encrypted" if _count(file, _ENCRYPTED_STREAM) else "file_old_excel")
    if not head.startswith(ZIP_MAGIC):
        raise refusal("file_not_workbook")


def _check_archive(file: BinaryIO, limits: Limits) -> None:
    # Counted before ZipFile reads the directory: a million entries of nothing would already fill the memory.
    if _count(file, _CENTRAL_ENTRY) > limits.parts:
        raise refusal("file_unpacks_too_large", part=f"> {limits.parts}")
    with ZipFile(file) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise refusal("file_encrypted")
        # The sizes may lie, but zipfile never unpacks more than they say.
        if sum(part.file_size for part in parts) > limits.unzipped_bytes:
            raise refusal("file_unpacks_too_large", part=f"> {limits.unzipped_bytes // 2**20} MB")
        for part in parts:
            streamed = part.filename.startswith(("xl/worksheets/", "xl/media/"))
            swollen = part.file_size > 2**20 and part.file_size > limits.unzip_ratio * part.compress_size
            if swollen or (not streamed and part.file_size > limits.part_bytes):
                raise refusal("file_unpacks_too_large", part=part.filename[:100])
        names = {part.filename for part in parts}
        if _CONTENT_TYPES not in names or b"spreadsheetml" not in archive.read(_CONTENT_TYPES):
            raise refusal("file_not_workbook")  # a Word document, or any other archive


def _count(file: BinaryIO, needle: bytes) -> int:
    count, tail = 0, b""
    file.seek(0)
    while chunk := file.read(_CHUNK):
        count += (tail + chunk).count(needle)
        tail = chunk[1 - len(needle) :]
    file.seek(0)
    return count


def _merged_ranges(book: _Book, sheet: _Sheet) -> list[str]:
    """They stand after the rows in the file but must be known before: found by a scan of the bytes."""
    found: list[str] = []
    tail = b""
    with book.archive.open(sheet.part) as source:
        while chunk := source.read(_CHUNK):
            window = tail + chunk
            last = 0
            if b"mergeCell" not in window:  # the usual case, and far quicker than the pattern
                tail = window[-200:]
                continue
            for match in _MERGE.finditer(window):
                found.append(match[1].decode("ascii"))
                last = match.end()
            if len(found) > 1000:
                break
            tail = window[max(last, len(window) - 200) :]
    return found


def _refuse_merged(merged: list[str], header_row: int) -> None:
    for name in merged:
        first, last = (coordinate_to_tuple(corner) for corner in name.split(":"))
        if last[0] >= header_row:
            code = "header_merged" if first[0] <= header_row else "cells_merged"
            row, column = max(first[0], header_row), get_column_letter(first[1])
            raise refusal(code, row=row, column=column, value=name, range=name)


def _rows(book: _Book, sheet: _Sheet, limits: Limits) -> Iterator[RawRow]:
    with book.archive.open(sheet.part) as source:
        parser = _RowParser(source, book.strings)
        data: Element | None = None
        since_row = 0
        for event, element in iterparse(source, events=("start", "end")):
            since_row += 1
            if since_row > _ELEMENTS_PER_ROW:
                raise refusal("file_unpacks_too_large", part=sheet.name)
            if event == "start":
                if element.tag == DATA_TAG:
                    data = element
            elif element.tag == ROW_TAG:
                number, raw = parser.parse_row(element)
                if not 1 <= number <= MAX_EXCEL_ROW:
                    raise refusal("file_broken", reason=f"row {number}")
                if cells := {
                    at["column"]: cell for at in raw if (cell := _cell(book, at, limits)) is not None
                }:
                    yield number, cells
                since_row = 0
                if data is not None:
                    data.clear()
            elif element.tag == DATA_TAG:
                return


def _cell(book: _Book, raw: dict[str, Any], limits: Limits) -> Cell | None:
    value, kind = raw["value"], _KINDS.get(raw["data_type"])
    if value is None:
        return None
    if kind is not None:
        return Cell(kind, value[: limits.cell_chars] if isinstance(value, str) else value)
    if isinstance(value, str):
        return text_cell(value, limits.cell_chars)
    if raw["data_type"] == "d" or raw["style_id"] in book.dates:
        return _date_cell(value, book.epoch)
    return Cell(Kind.NUMBER, value)


def _date_cell(value: Any, epoch: datetime) -> Cell:
    """A time of day alone, a duration, or a serial number no calendar has stays what was typed, and is
    refused by the parser of dates."""
    if isinstance(value, int | float):
        try:
            when = from_excel(value, epoch)
        except (OverflowError, ValueError):
            return Cell(Kind.NUMBER, value)
    elif isinstance(value, date) and not isinstance(value, datetime):  # an ISO 8601 cell
        when = datetime.combine(value, time())
    else:
        when = value
    return Cell(Kind.DATE, when) if isinstance(when, datetime) else Cell(Kind.TEXT, str(value))
