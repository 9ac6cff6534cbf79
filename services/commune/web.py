"""What the committee's pages show of lists, and what its officers have to do."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.commune.application import list_check_id
from services.commune.duties import decision_due
from services.commune.list_check import Line, ListCheck
from services.commune.list_events import Document, Stage
from services.commune.views.lists import lists_in_hand, lists_of
from shared.agreement import wording
from shared.agreement.calendar import Month
from shared.agreement.parties import Party
from shared.hosting.definition import ListFaces, Service, Task
from shared.hosting.shown import EntryShown, ListLine, ListShown, Tone
from shared.web.form01 import Form01, Signed
from shared.web.paging import Page

MOST_LISTS = 120

STAGES = {
    Stage.AWAITED: "Chưa nhận được từ Công an xã",
    Stage.CHECKING: "Đang xem xét từng người",
    Stage.RETURNED: "Đã trả lại Công an xã",
    Stage.CONFIRMED: "Đã xác nhận",
    Stage.SUBMITTED: "Công an xã đã chuyển Ngân hàng",
}


def _lines(service: Service, office: Party) -> Sequence[ListLine]:
    with service.views.reading() as db:
        rows = lists_of(db, office.code, Page(MOST_LISTS, None))
    return [
        ListLine(
            row.list_id,
            str(row.month),
            office.commune or "",
            None if row.stage is Stage.AWAITED else row.entries,
            row.overdue_holder,
        )
        for row in rows[:MOST_LISTS]
    ]


def _shown(service: Service, office: Party, list_id: UUID) -> ListShown:
    check = service.log.get(ListCheck, list_check_id(office.code, list_id))
    return ListShown(
        list_id,
        check.about.month,
        check.about.commune,
        STAGES[check.stage],
        [_entry(line) for line in check.lines.values()],
        form=_form(service, check) if check.round else None,
    )


def _entry(line: Line) -> EntryShown:
    data = line.corrected or line.entry
    tone, verdict = _verdict(line)
    person = data["particulars"]
    return EntryShown(
        line.person_id, person["full_name"], person["birth"], data["purpose"], data["amount"], tone, verdict
    )


def _verdict(line: Line) -> tuple[Tone, str]:
    if line.withdrawn_on is not None:
        return "plain", f"Công an xã đã rút ngày {line.withdrawn_on:%d/%m/%Y}"
    if line.check is None:
        return "warn", "Chưa xem xét"
    if line.check.reason is None:
        return "good", "Xác nhận"
    return "bad", f"Gạch tên: {wording.CODES[line.check.reason].lower()}"


def _form(service: Service, check: ListCheck) -> Form01:
    commune = service.agreement.commune(check.about.commune)
    confirmed = check.confirmed
    taken = (
        {d.entry_id for d in confirmed.decisions if d.reason is None} if confirmed else set(check.standing)
    )
    return Form01(
        Month.parse(check.about.month),
        commune.name,
        commune.province,
        [line.entry for id, line in check.lines.items() if id in taken],
        _signed(check.submitted.document) if check.submitted else None,
        _signed(confirmed.document) if confirmed else None,
        confirmed.content_hash if confirmed else None,
    )


def _signed(document: Document) -> Signed:
    return Signed(document.number, document.dated, document.signer_name, document.signer_title)


def tasks(service: Service, office: Party) -> Sequence[Task]:
    """The lists that lie here: how many entries wait for the specialist, and of what we were reminded last."""
    with service.views.reading() as db:
        held = lists_in_hand(db, office.code)
    return [
        Task(text, decision_due(service.calendar, each.sent_on), f"/danh-sach/{each.list_id}")
        for each in held
        for text in _to_do(service.log.get(ListCheck, list_check_id(office.code, each.list_id)))
    ]


def _to_do(check: ListCheck) -> Iterator[str]:
    month = f"danh sách tháng {check.about.month[5:]}/{check.about.month[:4]}"
    if check.undecided:
        yield f"Xem xét {check.undecided} người trong {month}"
    else:
        yield f"Chủ tịch hoặc Phó Chủ tịch xác nhận {month}"
    reminded = [day for round, _, day in check.reminded if round == check.round]
    if reminded:
        yield f"Nhắc ngày {max(reminded):%d/%m/%Y}: {month} còn ở UBND xã"


LIST_FACES = ListFaces(_lines, _shown)
