"""What the bank's pages show of lists, and what its officers have to do."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from services.bank import received_list
from services.bank.loan import LoanState
from services.bank.received_list import ListState
from services.bank.views.lists import LISTS, EntryRow, ListRow, entries_of, find_list, list_row
from services.bank.views.loans import LOANS, LoanRow, loan_row
from shared.agreement import wording
from shared.agreement.calendar import Month
from shared.agreement.errors import NotFound
from shared.agreement.parties import Party
from shared.hosting.definition import ListFaces, Service, Task
from shared.hosting.shown import EntryShown, ListLine, ListShown, Tone
from shared.web.form01 import Form01, Signed

MOST_LISTS = 240
MOST_TASKS = 100

STATES = {
    ListState.WAITING_FOR_POLICE: "Đã có xác nhận của UBND xã, chờ danh sách của Công an xã",
    ListState.WAITING_FOR_COMMUNE: "Đã có danh sách của Công an xã, chờ xác nhận của UBND xã",
    ListState.MISMATCH: "Hai bản không khớp: không mở được",
    ListState.OPEN: "Đã tiếp nhận",
}
DIFFERENCES = {
    "commune": "xã",
    "month": "tháng",
    "round": "lần gửi",
    "number": "số người",
    "confirmed_hash": "mã băm đã xác nhận",
    "computed_hash": "mã băm tính lại",
}
ENTRY_STATES: dict[str, tuple[Tone, str]] = {
    "listed": ("warn", "Chờ làm hồ sơ vay"),
    "taken_up": ("good", "Đã lập hồ sơ vay"),
    "rejected": ("bad", "Không nhận"),
    "ended": ("plain", "Không còn hiệu lực"),
}


def _lines(service: Service, office: Party) -> Sequence[ListLine]:
    late = "SELECT list_id, file FROM months WHERE office=?"
    with service.views.reading() as db:
        rows = db.execute(
            f"{LISTS} ORDER BY month DESC, commune LIMIT ?", (office.code, MOST_LISTS)
        ).fetchall()
        holders = {
            row["list_id"]: msgspec.json.decode(row["file"]).get("overdue_holder")
            for row in db.execute(late, (office.code,))
        }
    lists = [list_row(row) for row in rows]
    return [
        ListLine(each.list_id, each.month, each.commune, each.entries, holders.get(str(each.list_id)))
        for each in lists
    ]


def _shown(service: Service, office: Party, list_id: UUID) -> ListShown:
    with service.views.reading() as db:
        found = find_list(db, office.code, list_id)
        entries = entries_of(db, office.code, list_id)
    if found is None:
        raise NotFound("list", list_id)
    return ListShown(
        list_id,
        found.month,
        found.commune,
        STATES[found.state],
        [_entry(row) for row in entries if row.entry is not None],
        notices=_notices(found, entries),
        form=_form(service, found, entries) if found.police else None,
    )


def _entry(row: EntryRow) -> EntryShown:
    entry = row.entry
    assert entry is not None
    tone, verdict = ENTRY_STATES[row.state]
    if row.rejected:
        verdict = f"Không nhận: {wording.CODES[row.rejected].lower()}"
    who = entry.particulars
    return EntryShown(row.person_id, who.full_name, who.birth, entry.purpose, entry.amount, tone, verdict)


def _notices(found: ListRow, entries: list[EntryRow]) -> list[tuple[Tone, str]]:
    notices: list[tuple[Tone, str]] = []
    if found.state is ListState.MISMATCH:
        different = ", ".join(DIFFERENCES[each] for each in found.differences)
        notices.append(
            ("bad", f"Bản của Công an xã và của UBND xã khác nhau ở: {different}. Báo hai bên kiểm tra.")
        )
    parked = sum(row.entry is None for row in entries)
    if parked:
        notices.append(("bad", f"{parked} người trong danh sách đang tạm dừng chờ xử lý."))
    return notices


def _form(service: Service, found: ListRow, entries: list[EntryRow]) -> Form01:
    commune = service.agreement.commune(found.commune)
    return Form01(
        Month.parse(found.month),
        commune.name,
        commune.province,
        [msgspec.to_builtins(row.entry) for row in entries if row.entry is not None],
        _signed(found.police),
        _signed(found.committee),
        found.content_hash,
    )


def _signed(half: received_list.Signed | None) -> Signed | None:
    if half is None:
        return None
    return Signed(half.document_no, half.document_on, half.signer_name, half.signer_title)


def tasks(service: Service, office: Party) -> Sequence[Task]:
    """Entries without an application, and loans that wait for a look-up, a decision or a signature."""
    listed = (
        "SELECT entry_id, list_id, entry FROM bank_entry JOIN bank_list USING (office, list_id) WHERE office=?"
        " AND state='open' AND entry IS NOT NULL AND loan_id IS NULL AND rejected IS NULL AND ended_on IS NULL"
        " ORDER BY month, line LIMIT ?"
    )
    with service.views.reading() as db:
        entries = db.execute(listed, (office.code, MOST_TASKS)).fetchall()
        loans = [
            loan_row(row)
            for row in db.execute(
                f"{LOANS} AND (state IN ('applied', 'proposed', 'overdue') OR prepared IS NOT NULL)"
                " ORDER BY filed_on, loan_id LIMIT ?",
                (office.code, MOST_TASKS),
            )
        ]
    return [
        *(
            Task(
                f"Làm hồ sơ vay: {msgspec.json.decode(row['entry'])['particulars']['full_name']}",
                url=f"/danh-sach/{row['list_id']}",
            )
            for row in entries
        ),
        *(Task(_todo(loan), loan.due_on, f"/ho-so/{loan.person_id}") for loan in loans),
    ]


def _todo(loan: LoanRow) -> str:
    purpose = wording.CODES[loan.purpose].lower()
    amount = f"{loan.asked:,}".replace(",", ".")
    what = (
        f"Giám đốc ký giải ngân {loan.prepared:,} ₫".replace(",", ".")
        if loan.prepared is not None
        else {
            LoanState.APPLIED: "Tra cứu dư nợ và thẩm định",
            LoanState.PROPOSED: "Giám đốc quyết định",
            LoanState.OVERDUE: "Đôn đốc thu nợ quá hạn",
        }[loan.state]
    )
    return f"{what}: {purpose}, {amount} ₫"


LIST_FACES = ListFaces(_lines, _shown)
