"""The cells of a `.csv` file, streamed: UTF-8 with or without BOM; comma, semicolon or tab."""

import csv
import io
from collections.abc import Generator
from typing import BinaryIO

from shared.sheets.cells import Cell, Kind, text_cell
from shared.sheets.errors import refusal
from shared.sheets.limits import Limits

_DELIMITERS = ",;\t"


def delimited_rows(file: BinaryIO, limits: Limits) -> Generator[tuple[int, dict[int, Cell]], None, None]:
    """Record number as a spreadsheet would number it, and the cells that hold something by column number.

    Every cell is text, except one that begins with `=`, which a spreadsheet would calculate. Raises
    SheetRefused for another encoding or a quote left open.
    """
    if b"\0" in file.read(4096):  # UTF-16, or a workbook renamed
        raise refusal("file_not_utf8")
    file.seek(0)
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        delimiter = _delimiter(lines)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        for number, values in enumerate(reader, 1):
            cells: dict[int, Cell] = {}
            for column, value in enumerate(values, 1):
                if cell := text_cell(value, limits.cell_chars):
                    cells[column] = Cell(Kind.FORMULA, value) if value.startswith("=") else cell
            if cells:
                yield number, cells
    except UnicodeDecodeError as error:
        raise refusal("file_not_utf8") from error
    except csv.Error as error:
        raise refusal("file_csv_malformed", line=reader.line_num) from error
    finally:
        lines.detach()  # the file is the caller's to close


def _delimiter(lines: io.TextIOWrapper) -> str:
    """The one that cuts the first line with text into most pieces, outside quotes."""
    sample = ""
    while not sample.strip(" \r\n"):
        sample = lines.readline(65_536)
        if not sample:
            break
    lines.seek(0)
    bare = "".join(sample.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)
