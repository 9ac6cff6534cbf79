"""What columns a workbook has, and which column of a file is which."""

from collections.abc import Mapping, Sequence

import msgspec
from openpyxl.utils import get_column_letter

from shared.sheets.cells import Cell, Parse
from shared.sheets.errors import CellError, SheetRefused
from shared.sheets.messages import MESSAGES
from shared.sheets.text import fold, masked


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column a workbook may have.

    `headers`: the name shown to officers first, then the others it is known by; they and `key` are matched
    without regard to case, diacritics, spacing or punctuation. `required_header`: the file must have the
    column (its cells may still be empty). `sensitive`: reports show only the last three characters.
    """

    key: str
    headers: tuple[str, ...]
    parse: Parse
    required_header: bool = False
    sensitive: bool = False

    @property
    def title(self) -> str:
        return self.headers[0]


class Layout(msgspec.Struct, frozen=True):
    """Where the columns of a file are: column number (1 is A) to column, and key to header as written."""

    header_row: int
    columns: Mapping[int, Column]
    titles: Mapping[str, str]

    def title(self, column: Column) -> str:
        return self.titles.get(column.key, column.title)


def match_headers(columns: Sequence[Column], number: int, cells: Mapping[int, Cell]) -> Layout:
    """Raises SheetRefused with every unknown, repeated and missing header at once."""
    by_name = {fold(name): column for column in columns for name in (*column.headers, column.key)}
    found: dict[int, Column] = {}
    titles: dict[str, str] = {}
    places: dict[str, str] = {}
    errors: list[CellError] = []
    unknown: list[str] = []
    for index, cell in cells.items():
        shown = cell.shown()
        column = by_name.get(fold(shown))
        if column is None:
            unknown.append(masked(shown, sensitive=False))
        elif column.key in titles:
            text = MESSAGES["header_duplicate"].filled(first=places[column.key])
            errors.append(CellError(number, shown, shown, "header_duplicate", text))
        else:
            found[index], titles[column.key], places[column.key] = column, shown, get_column_letter(index)
    absent = [column for column in columns if column.key not in titles]
    text = MESSAGES["header_unknown"].filled(expected=", ".join(column.title for column in absent) or "–")
    errors += [CellError(number, name, name, "header_unknown", text) for name in unknown]
    errors += [
        CellError(number, column.title, "", "header_missing", MESSAGES["header_missing"])
        for column in absent
        if column.required_header
    ]
    if errors:
        raise SheetRefused(errors)
    return Layout(number, found, titles)
