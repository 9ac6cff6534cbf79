"""A workbook as rows of typed values: the one way in for every import."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from openpyxl.utils import get_column_letter

from shared.sheets.cells import Cell, Kind
from shared.sheets.columns import Column, Layout, match_headers
from shared.sheets.delimited import delimited_rows
from shared.sheets.errors import CellError, Unreadable, refusal
from shared.sheets.limits import Limits
from shared.sheets.text import Text, masked
from shared.sheets.workbook import workbook_rows

_FORMATS = {".xlsx": workbook_rows, ".csv": delimited_rows}
_NEVER_A_VALUE = {
    Kind.FORMULA: "cell_formula",
    Kind.FAULT: "cell_fault",
    Kind.OVERLONG: "cell_too_long",
}


class SheetRow(msgspec.Struct, frozen=True):
    """One row that is not blank. `number` is the sheet's own; `cells` has the columns that are not empty."""

    number: int
    cells: Mapping[str, Cell]
    layout: Layout
    limits: Limits

    def values(self, columns: Sequence[Column]) -> tuple[dict[str, Any], list[CellError]]:
        """The parsed cells by column key, and an error for each cell that could not be parsed."""
        values: dict[str, Any] = {}
        errors: list[CellError] = []
        for column in columns:
            cell = self.cells.get(column.key)
            if cell is None:
                continue
            try:
                if code := _NEVER_A_VALUE.get(cell.kind):
                    raise Unreadable(code, limit=self.limits.cell_chars)
                values[column.key] = column.parse(cell)
            except Unreadable as problem:
                errors.append(self.error(column, problem.code, problem.message))
        return values, errors

    def error(self, column: Column, code: str, message: Text) -> CellError:
        """A refusal of this row at `column`, its value shown as a report may show it."""
        cell = self.cells.get(column.key)
        shown = masked(cell.shown(), sensitive=column.sensitive) if cell else ""
        return CellError(self.number, self.layout.title(column), shown, code, message)


def read_rows(path: Path, columns: Sequence[Column], limits: Limits | None = None) -> Iterator[SheetRow]:
    """Stream the rows of an `.xlsx` or `.csv` file. The first row that is not blank is the header row.

    Raises SheetRefused for whatever concerns the file and not one row; it may come after rows were yielded
    (a damaged end, one row too many), so nothing may be recorded before all were read once.
    """
    limits = limits or Limits()
    source = _FORMATS.get(path.suffix.lower())
    if source is None:
        raise refusal("file_kind", name=path.name)
    if not path.is_file():
        raise refusal("file_missing", name=path.name)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > limits.file_bytes:
            raise refusal("file_too_large", limit=limits.file_bytes // 2**20)
        if not size:
            raise refusal("file_empty")
        with closing(source(file, limits)) as rows:
            header = next(rows, None)
            if header is None:
                raise refusal("file_empty")
            _within(header[1], limits)
            layout = match_headers(columns, *header)
            for count, (number, cells) in enumerate(rows, 1):
                if count > limits.rows:
                    raise refusal("sheet_too_many_rows", row=number, limit=limits.rows)
                _within(cells, limits)
                yield SheetRow(number, _named(layout, number, cells), layout, limits)


def _within(cells: Mapping[int, Cell], limits: Limits) -> None:
    if max(cells) > limits.columns:
        raise refusal("sheet_too_many_columns", column=get_column_letter(max(cells)), limit=limits.columns)


def _named(layout: Layout, number: int, cells: Mapping[int, Cell]) -> dict[str, Cell]:
    named: dict[str, Cell] = {}
    for index, cell in cells.items():
        column = layout.columns.get(index)
        if column is None:
            letter, shown = get_column_letter(index), masked(cell.shown(), sensitive=True)
            place = {"letter": letter, "header_row": layout.header_row}
            raise refusal("header_blank", row=number, column=letter, value=shown, **place)
        named[column.key] = cell
    return named
