"""What can be wrong with a workbook: as a value for a cell, as an exception for a file."""

from collections.abc import Iterable

import msgspec

from shared.sheets.messages import MESSAGES
from shared.sheets.text import Text


class CellError(msgspec.Struct, frozen=True):
    """One refusal an officer can act on.

    `row` is the sheet's own row number (None when the whole file is meant), `column` the header as the file
    has it, `value` what stood there (masked and shortened), `code` stable, `message` in both languages.
    """

    row: int | None
    column: str
    value: str
    code: str
    message: Text


class Unreadable(ValueError):
    """Raised by a cell parser; becomes a `CellError` where row and column are known."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.message = MESSAGES[code].filled(**params)


class SheetRefused(Exception):
    """The file as a whole cannot be taken, whatever its rows hold; may be raised while rows are streaming."""

    def __init__(self, errors: Iterable[CellError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{error.code}: {error.message.en}" for error in self.errors))


def refusal(
    code: str, *, row: int | None = None, column: str = "", value: str = "", **params: object
) -> SheetRefused:
    """A `SheetRefused` of one error from the generic catalogue."""
    return SheetRefused([CellError(row, column, value, code, MESSAGES[code].filled(**params))])
