"""Pass 1 of an import: every row checked by itself and against the rows before. Nothing is recorded."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import marshmallow as ma

from services.police.commands import RegisterPersonSchema, judged_on
from services.police.intake.columns import person_columns
from shared.agreement.errors import FieldMessage
from shared.sheets.columns import Column
from shared.sheets.errors import CellError
from shared.sheets.limits import Limits
from shared.sheets.reader import SheetRow, read_rows
from shared.sheets.text import Text

Data = dict[str, Any]

_TWICE = Text(
    "Trùng với dòng {earlier}: cùng số định danh, hoặc cùng họ tên, ngày sinh và giấy chứng nhận.",
    "The same person as row {earlier}: same identity number, or same name, birth and certificate.",
)


def _on_no_sheet(key: str, code: str, message: Text) -> CellError:
    return CellError(None, key, "", code, message)


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """One row of the sheet: what `RegisterPersonSchema` made of it, or what is wrong with it, never both.

    `commune`: the one it says or, saying none, the default, None where that cannot be read; `error`: from a
    column's key, a code and a message to a refusal of this row at that column, with its value as it may be
    shown.
    """

    row: int
    data: Data | None
    errors: tuple[CellError, ...] = ()
    commune: str | None = field(default=None, compare=False)
    error: Callable[[str, str, Text], CellError] = field(default=_on_no_sheet, compare=False, repr=False)


def check_rows(
    path: Path,
    *,
    today: date,
    communes: Mapping[str, str],
    default_commune: str | None = None,
    limits: Limits | None = None,
) -> Iterator[CheckedRow]:
    """Stream the rows of a workbook of released persons, judged on `today`, in the order of the sheet.

    `communes`: 5-digit code to name; `default_commune`: for rows that name none. Of two equal persons the
    later row is refused and names the earlier; a row refused for something else does not count as earlier.

    Raises SheetRefused for what concerns the whole file, possibly after rows were yielded, and ValueError
    when `default_commune` is not among `communes`.
    """
    if default_commune is not None and default_commune not in communes:
        raise ValueError(f"default commune {default_commune} is not among {', '.join(communes)}")
    columns = person_columns(communes, commune_required=default_commune is None)
    schema = RegisterPersonSchema()
    seen = _Seen()
    for row in read_rows(path, columns, limits):
        checked = _check(row, columns, schema, today, default_commune)
        if checked.data is not None:
            earlier = seen.earlier(checked.data, row.number)
            if earlier is not None:
                name = "identity_number" if checked.data["identity_number"] else "full_name"
                error = checked.error(name, "duplicate_in_file", _TWICE.filled(earlier=earlier))
                checked = replace(checked, data=None, errors=(error,))
        yield checked


def _check(
    row: SheetRow,
    columns: tuple[Column, ...],
    schema: RegisterPersonSchema,
    today: date,
    default_commune: str | None,
) -> CheckedRow:
    values, errors = row.values(columns)
    if default_commune is not None and "commune" not in row.cells:
        values["commune"] = default_commune
    unread = {column.key for column in columns if column.key in row.cells and column.key not in values}
    written = {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}
    try:
        with judged_on(today):
            data: Data | None = schema.load(written, partial=tuple(unread))
    except ma.ValidationError as refused:
        said = refused.messages_dict
        errors += [
            row.error(column, message.code, Text(str(message), message.en))
            for column in columns
            if column.key not in unread  # what cannot be read is not missing as well
            for message in _messages(said.get(column.key, []))
        ]
        data = None
    by_key = {column.key: column for column in columns}

    def error(key: str, code: str, message: Text) -> CellError:
        return row.error(by_key[key], code, message)

    return CheckedRow(row.number, None if errors else data, tuple(errors), values.get("commune"), error)


def _messages(said: list[FieldMessage]) -> list[FieldMessage]:
    """Each code once."""
    return list({message.code: message for message in said}.values())


def match_key(data: Mapping[str, Any]) -> tuple[str, ...]:
    """What tells two persons apart: the identity number; without one name, birth and certificate together.

    Names and certificates are compared without regard to case and blanks, but with their diacritics: Hùng and
    Hưng are two people.
    """
    if data["identity_number"]:
        return ("identity_number", data["identity_number"])
    return particulars_key(data)


def particulars_key(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Name, birth and certificate, whether or not there is an identity number: how a person first recorded
    without a number is found again once a row brings it."""
    certificate = "".join((data["certificate_no"] or "").split())
    return ("particulars", data["full_name"].casefold(), data["birth"], certificate.casefold())


class _Seen:
    """The persons of a file so far, as hashes. A row without identity number equals a row with one when the
    rest agrees; two rows with different numbers are two people."""

    def __init__(self) -> None:
        self._rows: dict[bytes, int] = {}

    def earlier(self, data: Data, number: int) -> int | None:
        """The row that holds the same person, or None; from then on row `number` counts too."""
        particulars = particulars_key(data)
        numbered, unnumbered = ("numbered", *particulars), ("unnumbered", *particulars)
        if data["identity_number"]:
            clashes, known_by = [match_key(data), unnumbered], [match_key(data), numbered]
        else:
            clashes, known_by = [unnumbered, numbered], [unnumbered]
        for key in clashes:
            if (row := self._rows.get(_hash(key))) is not None:
                return row
        self._rows.update((_hash(key), number) for key in known_by)
        return None


def _hash(key: tuple[str, ...]) -> bytes:
    return hashlib.blake2b("\x1f".join(key).encode(), digest_size=12).digest()
