"""What the police's pages show of lists, and what its officers have to do."""

import sqlite3
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.police.application.lists import desk_key
from services.police.application.persons import case_key
from services.police.borrower_list import BorrowerList, Status
from services.police.entries import Drafted, Entry, LeftOut, as_told
from services.police.import_run import ImportDesk
from services.police.person import ReleasedPerson
from services.police.rules import Check
from services.police.views.lists import lists_of, reminders
from services.police.views.persons import incomplete
from services.police.wording import sentence
from shared.agreement import wording
from shared.agreement.calendar import Month
from shared.agreement.errors import NotFound
from shared.agreement.parties import Party
from shared.hosting.definition import ListFaces, Service, Task
from shared.hosting.shown import CheckShown, EntryShown, ListLine, ListShown, Tone
from shared.web.form01 import Form01, Signed
from shared.web.paging import Page

MOST_LISTS = 120

STATUSES = {
    Status.OPEN: "Đã mở, chưa lập",
    Status.DRAFTED: "Đã lập, chờ Trưởng Công an xã ký",
    Status.SENT: "Đã gửi UBND xã xác nhận",
    Status.RETURNED: "UBND xã trả lại, cần lập lại",
    Status.CONFIRMED: "UBND xã đã xác nhận, chờ chuyển Ngân hàng",
    Status.SUBMITTED: "Đã chuyển Ngân hàng",
    Status.ACKNOWLEDGED: "Ngân hàng đã tiếp nhận",
}


def _lines(service: Service, office: Party) -> Sequence[ListLine]:
    with service.views.reading() as db:
        rows = lists_of(db, office.code, Page(MOST_LISTS, None))
    return [
        ListLine(
            UUID(row["list_id"]),
            row["month"],
            row["commune"],
            None if row["status"] == Status.OPEN else row["entries"],
            row["late_holder"],
        )
        for row in rows[:MOST_LISTS]
    ]


def _shown(service: Service, office: Party, list_id: UUID) -> ListShown:
    borrowers = service.log.get(BorrowerList, list_id)
    if borrowers.office != office.code:
        raise NotFound("list", list_id)
    drafted = borrowers.drafted
    return ListShown(
        list_id,
        borrowers.month,
        borrowers.commune,
        STATUSES[borrowers.status],
        [_entry(borrowers, each) for each in drafted.entries] if drafted else [],
        [_left_out(service, office, each) for each in drafted.left_out] if drafted else [],
        _objections(borrowers),
        _form(service, borrowers) if drafted else None,
    )


def _entry(borrowers: BorrowerList, drafted: Drafted) -> EntryShown:
    entry = borrowers.corrected.get(drafted.entry.entry_id, drafted.entry)
    tone, verdict = _verdict(borrowers, entry.entry_id)
    who = entry.particulars
    return EntryShown(
        entry.person_id,
        who.full_name,
        who.birth,
        entry.purpose,
        entry.amount,
        tone,
        verdict,
        _checks(drafted.checks),
    )


def _verdict(borrowers: BorrowerList, entry_id: UUID) -> tuple[Tone, str]:
    decision = borrowers.decisions.get(entry_id)
    if (gone := borrowers.gone.get(entry_id)) is not None:
        return "plain", f"Đã rút ngày {gone.ended_on:%d/%m/%Y}"
    if entry_id in borrowers.rejected:
        return "bad", f"Ngân hàng không nhận: {wording.CODES[borrowers.rejected[entry_id]].lower()}"
    if decision is None:
        return "plain", "Đủ điều kiện"
    if decision.decision == "struck":
        return "bad", f"UBND xã gạch tên: {wording.CODES[decision.reason or ''].lower()}"
    return "good", "UBND xã xác nhận"


def _left_out(service: Service, office: Party, left: LeftOut) -> EntryShown:
    person = service.log.get(ReleasedPerson, case_key(office.code, left.person_id))
    need, who = person.need, person.particulars
    purpose, amount = (need.purpose, need.amount) if need else (None, None)
    checks = _checks(left.failed)
    return EntryShown(
        left.person_id, who.full_name, who.birth, purpose, amount, "warn", "Chưa đủ điều kiện", checks
    )


def _checks(checks: Sequence[Check]) -> tuple[CheckShown, ...]:
    return tuple(CheckShown(sentence(check).vi, check.passed, check.source) for check in checks)


def _objections(borrowers: BorrowerList) -> list[tuple[Tone, str]]:
    if borrowers.status is not Status.RETURNED or borrowers.returned is None:
        return []
    names = {id: entry.particulars.full_name for id, entry in borrowers.sent.items()}
    return [
        ("warn", f"UBND xã trả lại: {wording.CODES[each.reason].lower()}" + _about(each.entry_id, names))
        for each in borrowers.returned.objections
    ]


def _about(entry_id: UUID | None, names: dict[UUID, str]) -> str:
    return "" if entry_id is None else f" ({names.get(entry_id, 'một người đã rút')})"


def _form(service: Service, borrowers: BorrowerList) -> Form01:
    commune = service.agreement.commune(borrowers.commune)
    confirmed, submitted = borrowers.confirmed, borrowers.submitted
    return Form01(
        Month.parse(borrowers.month),
        commune.name,
        commune.province,
        [as_told(entry) for entry in _printed(borrowers)],
        Signed(
            submitted.document.number, submitted.document.dated, submitted.signer.name, submitted.signer.title
        )
        if submitted
        else None,
        Signed(
            confirmed.document.number, confirmed.document.dated, confirmed.signer_name, confirmed.signer_title
        )
        if confirmed
        else None,
        confirmed.content_hash if confirmed else None,
    )


def _printed(borrowers: BorrowerList) -> Sequence[Entry]:
    if borrowers.confirmed:
        decided = borrowers.decisions
        taken = {id for id, decision in decided.items() if decision.decision == "confirmed"}
        return [entry for id, entry in borrowers.sent.items() if id in taken]
    return [drafted.entry for drafted in borrowers.drafted.entries] if borrowers.drafted else []


def tasks(service: Service, office: Party) -> Sequence[Task]:
    """Reminders of lists that lie here; a workbook that is half imported; the people about whom something is
    missing before they can be listed."""
    with service.views.reading() as db:
        rows = incomplete(db, office.code)
        reminded = [_reminder(row) for row in reminders(db, office.code)]
    missing = [Task(f"{row['full_name']}: {_missing(row)}", url=f"/ho-so/{row['person_id']}") for row in rows]
    return [*reminded, *_half_imported(service, office), *missing]


def _reminder(row: sqlite3.Row) -> Task:
    day, due, month = date.fromisoformat(row["day"]), date.fromisoformat(row["due_on"]), row["month"]
    text = f"Nhắc ngày {day:%d/%m/%Y}: danh sách tháng {month[5:]}/{month[:4]} còn ở Công an xã"
    return Task(text, due, f"/danh-sach/{row['list_id']}")


def _half_imported(service: Service, office: Party) -> list[Task]:
    desk = service.log.find(ImportDesk, desk_key(office.code))
    if desk is None or desk.running is None:
        return []
    name, rows, taken = desk.running.workbook.name, desk.running.rows, desk.report.dealt_with
    return [Task(f"Bảng tính «{name}» mới nhập được {taken}/{rows} dòng: nhập lại tệp đó cho xong")]


def _missing(row: sqlite3.Row) -> str:
    missing = [
        words
        for lacks, words in (
            (row["identity_number"] is None, "bổ sung số định danh"),
            (not row["residence_registered"], "đăng ký nơi ở tại xã"),
            (row["conduct_good"] is None, "đánh giá chấp hành pháp luật"),
        )
        if lacks
    ]
    return ", ".join(missing)


LIST_FACES = ListFaces(_lines, _shown)
