"""A cell, and the parsers that turn one into a typed value or raise `Unreadable` with a code.

A parser is never given an empty cell, nor one that holds a formula or an Excel error: the row reader has
refused those already.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import Enum, auto
from typing import Any

import msgspec

from shared.sheets.errors import Unreadable
from shared.sheets.text import clean, fold

MAX_AMOUNT = 10**12  # đồng; ten thousand times the largest loan to one person
FIRST_YEAR, LAST_YEAR = 1900, 2100
_SHOWN = 100  # characters of a value that an error repeats


class Kind(Enum):
    TEXT = auto()
    NUMBER = auto()
    DATE = auto()
    TRUTH = auto()
    FORMULA = auto()
    FAULT = auto()  # #N/A, #REF! and the like
    OVERLONG = auto()


class Cell(msgspec.Struct, frozen=True):
    """What stood in one cell, as the file types it. Text is as written; `clean` is applied by the parsers."""

    kind: Kind
    value: str | int | float | bool | datetime

    def shown(self) -> str:
        """For a report: as an officer would see it, at most 100 characters."""
        value = self.value
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, datetime):
            return value.strftime("%d/%m/%Y" if value.time() == time() else "%d/%m/%Y %H:%M")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return clean(str(value))[:_SHOWN]


Parse = Callable[[Cell], Any]


def text_cell(value: str, most: int) -> Cell | None:
    """None when there is nothing but white space; of more than `most` characters only the start is kept."""
    if len(value) > most:
        return Cell(Kind.OVERLONG, value[:_SHOWN])
    return Cell(Kind.TEXT, value) if value.strip() else None


def text(cell: Cell) -> str:
    """Clean NFC text. A whole number is taken as its digits; a date, fraction or truth value is refused."""
    if cell.kind is Kind.TEXT:
        return clean(str(cell.value))
    whole = _whole(cell)
    if whole is None:
        raise Unreadable("text_expected")
    return str(whole)


_DAY_FIRST = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9:.]+))?")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{2}")
_YEAR = re.compile(r"[0-9]{4}")


def day(cell: Cell) -> date:
    """A local calendar date: an Excel date at midnight, `dd/mm/yyyy`, `d-m-yyyy`, `d.m.yyyy` or ISO 8601.

    The day always comes before the month, as Vietnam writes it; 02/13/2026 is refused, never turned round.
    """
    if cell.kind is Kind.DATE and isinstance(cell.value, datetime):
        if cell.value.time() != time():
            raise Unreadable("date_has_time")
        return _calendar(cell.value.year, cell.value.month, cell.value.day)
    if cell.kind is not Kind.TEXT:
        raise Unreadable("date_not_understood")
    written = clean(str(cell.value))
    if found := _DAY_FIRST.fullmatch(written):
        return _calendar(int(found[4]), int(found[3]), int(found[1]))
    if found := _ISO.fullmatch(written):
        if found[4] and found[4].strip("0:."):
            raise Unreadable("date_has_time")
        return _calendar(int(found[1]), int(found[2]), int(found[3]))
    raise Unreadable("date_two_digit_year" if _SHORT_YEAR.fullmatch(written) else "date_not_understood")


def birth(cell: Cell) -> str:
    """`"1985"` when only the year is known, else `"1985-03-02"`: what is not known is not made up."""
    year = _whole(cell) if cell.kind is Kind.NUMBER else None
    written = str(year) if year is not None else clean(str(cell.value))
    if cell.kind is not Kind.DATE and _YEAR.fullmatch(written):
        return f"{_calendar(int(written), 1, 1):%Y}"
    return day(cell).isoformat()


def _calendar(year: int, month: int, number: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable("date_out_of_range", first=FIRST_YEAR, last=LAST_YEAR)
    try:
        return date(year, month, number)
    except ValueError:
        raise Unreadable("date_impossible") from None


def digits(length: int, *, lost_zeros: int = 0) -> Parse:
    """A number that is really a name, as text of exactly `length` digits.

    Text must have all its digits (blanks between them are dropped). Excel drops leading zeros when it makes
    such text a number, so a *numeric* cell gets them back, but at most `lost_zeros` of them: beyond that it
    is more likely another, shorter number than a damaged one.
    """
    pattern = re.compile(rf"[0-9]{{{length}}}")

    def parse(cell: Cell) -> str:
        if cell.kind is Kind.NUMBER:
            number = _whole(cell)
            written = "" if number is None or number < 0 else str(number)
            if not length - lost_zeros <= len(written) <= length:
                raise Unreadable("digits_lost", length=length)
            return written.zfill(length)
        written = clean(str(cell.value)).replace(" ", "") if cell.kind is Kind.TEXT else ""
        if re.fullmatch(r"[0-9.,]+E\+?[0-9]+", written, re.IGNORECASE):
            raise Unreadable("digits_lost", length=length)  # 5.1099E+10: how a CSV export rounds a number
        if not pattern.fullmatch(written):
            raise Unreadable("digits_wrong", length=length)
        return written

    return parse


_PLAIN_AMOUNT = re.compile(r"0|[1-9][0-9]{0,29}")
_GROUPED_AMOUNT = re.compile(r"[1-9][0-9]{0,2}(?:(?:\.[0-9]{3})+|(?:,[0-9]{3})+)")
_ONE_SEPARATOR = re.compile(r"[0-9]+(?:(?:\.[0-9]+)+|(?:,[0-9]+)+)")


def vnd(cell: Cell) -> int:
    """Whole đồng, 0 to 10^12: `50000000`, `50.000.000`, `50,000,000` or a whole Excel number.

    Nothing is guessed: `50.00`, `1.5`, `50.000,00` and anything with letters are refused.
    """
    if cell.kind is Kind.NUMBER:
        number = _whole(cell)
        if number is None:
            raise Unreadable("amount_fraction")
        if number < 0:
            raise Unreadable("amount_negative")
        return _bounded(number)
    written = clean(str(cell.value)) if cell.kind is Kind.TEXT else ""
    if _PLAIN_AMOUNT.fullmatch(written) or _GROUPED_AMOUNT.fullmatch(written):
        return _bounded(int(written.replace(".", "").replace(",", "")))
    if written[:1] in ("-", "−", "(") and any(c.isdigit() for c in written):
        raise Unreadable("amount_negative")
    if "." in written and "," in written:
        raise Unreadable("amount_mixed_separators")
    raise Unreadable("amount_fraction" if _ONE_SEPARATOR.fullmatch(written) else "amount_not_understood")


def _bounded(amount: int) -> int:
    if amount > MAX_AMOUNT:
        raise Unreadable("amount_too_large", limit=f"{MAX_AMOUNT:,}".replace(",", "."))
    return amount


def integer(cell: Cell) -> int:
    """A whole number from 0 to 10^12."""
    number = _whole(cell)
    if number is None and cell.kind is Kind.TEXT and re.fullmatch(r"[0-9]{1,12}", clean(str(cell.value))):
        number = int(clean(str(cell.value)))
    if number is None or not 0 <= number <= 10**12:
        raise Unreadable("integer_not_understood")
    return number


def choice(words: Mapping[str, Any]) -> Parse:
    """One of a few words, matched like headers. An Excel TRUE or FALSE is matched as the word.

    Raises ValueError when two words look the same without their diacritics but mean different things.
    """
    meanings = {fold(word): meaning for word, meaning in words.items()}
    if any(meanings[fold(word)] != meaning for word, meaning in words.items()):
        raise ValueError(f"ambiguous words: {', '.join(words)}")
    expected = ", ".join(words)

    def parse(cell: Cell) -> Any:
        try:
            return meanings[fold(cell.shown())]
        except KeyError:
            raise Unreadable("choice_unknown", expected=expected) from None

    return parse


def _whole(cell: Cell) -> int | None:
    if cell.kind is not Kind.NUMBER or not isinstance(cell.value, int | float):
        return None
    if isinstance(cell.value, float) and not cell.value.is_integer():
        return None
    return int(cell.value)
