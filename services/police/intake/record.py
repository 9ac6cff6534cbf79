"""Pass 2 of an import, one row: held against the register, then taken, or refused with its reason.

Refused rows decide nothing, so the same function rehearses an import: in a unit of work that is never saved.
"""

import sqlite3
from typing import Literal
from uuid import UUID

from services.police.application.persons import get_person
from services.police.application.rows import Taken, take_row
from services.police.facts import Particulars, Registration, Release
from services.police.intake.check import CheckedRow
from services.police.intake.columns import shown
from services.police.refusals import NeedsCorrection, NotOurCommune
from services.police.views.persons import former_case, same_person
from shared.agreement.parties import Party
from shared.log.application import UnitOfWork
from shared.sheets.errors import CellError
from shared.sheets.report import Report
from shared.sheets.text import Text, masked

Outcome = Taken | Literal["rejected"]

_DIFFERS = Text(
    "Hồ sơ {case} đã ghi «{recorded}». Nếu dòng này đúng, hãy đính chính hồ sơ; nếu không, hãy sửa bảng tính.",
    "Case {case} has “{recorded}”. If this row is right, correct the case; if not, correct the workbook.",
)
_FORMER = {
    "transferred": (
        "moved_away",
        Text(
            "Người này (hồ sơ {case}) đã chuyển đến xã {moved_to}; nếu đã trở về, Công an nơi đó chuyển hồ sơ lại.",
            "This person (case {case}) moved to commune {moved_to}; on a return, the police there hand her back.",
        ),
    ),
    "retracted": (
        "release_retracted",
        Text(
            "Thông tin về người này (hồ sơ {case}) đã bị thu hồi; nếu nay đúng, hãy đăng ký trực tiếp từng người.",
            "This person's case {case} was retracted; if the row is right now, register the person singly.",
        ),
    ),
}


def take(
    work: UnitOfWork, register: sqlite3.Connection, office: Party, row: CheckedRow, batch: Report
) -> None:
    """Take a row into an office's register, or refuse it, and count it in `batch`."""
    outcome, errors = _take(work, register, office, row)
    batch.rows += 1
    if outcome == "rejected":
        batch.reject(errors)
    else:
        setattr(batch, outcome, getattr(batch, outcome) + 1)


def _take(
    work: UnitOfWork, register: sqlite3.Connection, office: Party, row: CheckedRow
) -> tuple[Outcome, tuple[CellError, ...]]:
    if row.data is None:
        return "rejected", row.errors
    told = Registration.of(row.data)

    def same(particulars: Particulars, release: Release) -> UUID | None:
        known = same_person(register, office.code, particulars, release)
        if known is None or particulars.identity_number is None:
            return known
        # The number may have come to the case with an earlier row, too late for the register to show it.
        recorded = get_person(work, known).particulars.identity_number
        return known if recorded in (None, particulars.identity_number) else None

    facts = told.particulars, told.release
    if same(*facts) is None and (former := former_case(register, office.code, *facts)) is not None:
        code, text = _FORMER[former["standing"]]
        text = text.filled(case=former["person_id"], moved_to=former["moved_to"])
        column = "full_name" if told.particulars.identity_number is None else "identity_number"
        return "rejected", (row.error(column, code, text),)
    try:
        taken, _ = take_row(work, office, told, same)
    except NotOurCommune as refused:
        text = Text(refused.message_vi, refused.message_en)
        return "rejected", (row.error("commune", refused.code, text),)
    except NeedsCorrection as refused:
        return "rejected", _differences(work, row, refused)
    return taken, ()


def _differences(work: UnitOfWork, row: CheckedRow, refused: NeedsCorrection) -> tuple[CellError, ...]:
    """One error per fact that only a correction may change, with what is recorded."""
    case = str(refused.facts["person_id"])
    person = get_person(work, UUID(case))
    errors = []
    for name in str(refused.facts["fields"]).split():
        of = person.particulars if hasattr(person.particulars, name) else person.release
        recorded = masked(shown(name, getattr(of, name)), sensitive=name == "certificate_no")
        errors.append(row.error(name, refused.code, _DIFFERS.filled(case=case, recorded=recorded)))
    return tuple(errors)
