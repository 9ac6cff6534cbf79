"""Form 01 on paper: the month's list with the blocks of the police and of the committee.

Laid out as Decree 30/2020/NĐ-CP has administrative documents; the columns come from form01_columns.toml.
"""

import re
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.agreement.calendar import Month

Entry = dict[str, Any]
"""An entry as it travels between the agencies (shared.contracts.common.Entry)."""

_HERE = Path(__file__).parent
_KINDS = ("Xã", "Phường", "Thị trấn", "Đặc khu")
_PURPOSES = {"training": "Đào tạo nghề", "production": "Sản xuất, kinh doanh"}
_DOTS = "…" * 5


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`width`: percent of the table."""

    key: Literal[
        "ordinal",
        "full_name",
        "birth",
        "identity_number",
        "residence",
        "certificate",
        "completed_on",
        "purpose",
        "amount",
        "remark",
    ]
    heading: str
    width: int
    align: Literal["left", "center", "right"]


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What form01_columns.toml holds."""

    version: int
    provisional: bool
    mark: str
    mark_explained: str
    form: str
    issued_with: str
    title: str
    subject: str
    statement: str
    nil: str
    columns: tuple[Column, ...]


class Signed(msgspec.Struct, frozen=True):
    """A document's number and date, and who signed it. `signer_title` as in "Phó Chủ tịch UBND xã"."""

    number: str
    dated: date
    signer_name: str
    signer_title: str


class Form01(msgspec.Struct, frozen=True):
    """What is printed. `commune` and `province` with their kind ("Xã Hòa Đông"); `police` and `committee` are
    None until they have signed, `content_hash` until the list is confirmed; `recipients` go under "Nơi nhận".
    """

    month: Month
    commune: str
    province: str
    entries: Sequence[Entry]
    police: Signed | None = None
    committee: Signed | None = None
    content_hash: str | None = None
    recipients: tuple[str, ...] = ()


def load_layout(path: Path = _HERE / "form01_columns.toml") -> Layout:
    """Raises ValueError naming the file and the place where it is wrong."""
    try:
        layout = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Layout)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path}: {error}") from error
    width = sum(column.width for column in layout.columns)
    if width != 100:
        raise ValueError(f"{path}: the columns are {width} % wide together, expected 100")
    return layout


def render_form01(
    form: Form01, *, stylesheet: str = "/static/form01.css", layout: Layout | None = None
) -> str:
    """The form as an HTML document of its own, to be printed on A4 across. `stylesheet`: its address."""
    layout = layout or load_layout()
    cells = [_cells(number, entry, form.commune) for number, entry in enumerate(form.entries, 1)]
    kind = next((kind for kind in _KINDS if form.commune.startswith(f"{kind} ")), "Xã")
    return _TEMPLATES.get_template("form01.html").render(
        form=form,
        layout=layout,
        rows=[[row[column.key] for column in layout.columns] for row in cells],
        stylesheet=stylesheet,
        total=sum(entry["amount"] for entry in form.entries),
        place=form.commune.removeprefix(f"{kind} "),
        police_lines=signature_lines(form.police, f"Trưởng Công an {kind}"),
        committee_lines=signature_lines(form.committee, "Chủ tịch"),
    )


def signature_lines(signed: Signed | None, head: str) -> list[str]:
    """The capacity in which somebody signs: a deputy signs for (KT.) the head. `head` where nobody has yet."""
    title = re.sub(r"\s+(UBND|Ủy ban nhân dân)\b.*", "", signed.signer_title if signed else head)
    deputy = re.fullmatch(r"Phó\s+(.+)", title, re.IGNORECASE)
    lines = [f"KT. {deputy[1]}", title] if deputy else [title]
    return [line.upper() for line in lines]


def day(value: date | str) -> str:
    """dd/mm/yyyy; a year alone stays as it is."""
    text = str(value)
    return text if len(text) == 4 else f"{date.fromisoformat(text):%d/%m/%Y}"


def long_date(value: date | None) -> str:
    """In words as Decree 30 writes it: 0 before the days 1 to 9 and the months 1 and 2. Dots to be filled in."""
    if value is None:
        return "ngày …… tháng …… năm ……"
    return f"ngày {value.day:02} tháng {_month(value.month)} năm {value.year}"


def money(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def _month(number: int) -> str:
    return f"{number:02}" if number < 3 else str(number)


def _in_sentence(place: str) -> str:
    """The kind of a place is written small inside a sentence: xã Hòa Đông."""
    return place[:1].lower() + place[1:]


def _certificate(entry: Entry) -> str:
    number, issued = entry["certificate_no"], entry["certificate_issued_on"]
    return ", ngày ".join(part for part in (number, issued and day(issued)) if part)


def _cells(number: int, entry: Entry, commune: str) -> dict[str, str]:
    """What a row can say, by the columns' keys."""
    person, months = entry["particulars"], entry["study_months"]
    return {
        "ordinal": str(number),
        "full_name": person["full_name"],
        "birth": day(person["birth"]),
        "identity_number": person["identity_number"] or "",
        "residence": f"{person['hamlet']}, {_in_sentence(commune)}",
        "certificate": _certificate(entry),
        "completed_on": day(entry["completed_on"]),
        "purpose": _PURPOSES[entry["purpose"]],
        "amount": money(entry["amount"]),
        "remark": "" if months is None else f"Học {months} tháng",
    }


_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(long_date=long_date, money=money)
_TEMPLATES.globals.update(dots=_DOTS, month_number=_month)
