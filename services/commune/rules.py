"""What a People's Committee may decide about a list, by which rule, and how it says no."""

from datetime import date

from shared.agreement.acting import Role
from shared.agreement.errors import Forbidden, Refused

CONFIRMATION = "Điều 3 khoản 2 điểm a Quyết định 22/2023/QĐ-TTg (Mẫu số 01)"
"""The commune People's Committee confirms the list that the commune police drew up."""

TWO_PERSONS = "Quy chế phối hợp: người kiểm tra danh sách không ký xác nhận danh sách đó"
"""Internal control, not in the Decision (docs/open-questions.md)."""

STAGES_VI = {
    "awaited": "chưa nhận được",
    "checking": "đang kiểm tra",
    "returned": "đã trả lại Công an xã",
    "confirmed": "đã xác nhận",
    "submitted": "đã gửi ngân hàng",
}


class NotBeingChecked(Refused):
    """Decisions on entries, confirmation and return need a list that lies with the committee."""

    code = "list_not_being_checked"

    def __init__(self, month: str, stage: str) -> None:
        super().__init__(
            f"Danh sách tháng {month} {STAGES_VI[stage]}; chỉ quyết định được khi danh sách đang kiểm tra.",
            f"The list of {month} is {stage}; it is decided on only while it is being checked.",
            rule=CONFIRMATION,
            month=month,
            stage=stage,
        )


class OnlySpecialistChecks(Forbidden):
    code = "only_specialist_checks"

    def __init__(self, role: Role) -> None:
        super().__init__(
            "Chỉ cán bộ chuyên môn kiểm tra từng người trong danh sách.",
            "Only a specialist checks the entries of a list.",
            rule=TWO_PERSONS,
            role=role.value,
        )


class OnlyChairDecides(Forbidden):
    code = "only_chair_decides"

    def __init__(self, role: Role) -> None:
        super().__init__(
            "Chỉ Chủ tịch hoặc Phó Chủ tịch UBND xã xác nhận hoặc trả lại danh sách.",
            "Only the chair or a vice-chair confirms or returns a list.",
            rule=CONFIRMATION,
            role=role.value,
        )


class CheckerMayNotConfirm(Refused):
    code = "checker_may_not_confirm"

    def __init__(self, username: str, round: int) -> None:
        super().__init__(
            f"{username} đã kiểm tra danh sách này (lần {round}) nên không được ký xác nhận.",
            f"{username} checked this list (round {round}) and may not confirm it.",
            rule=TWO_PERSONS,
            username=username,
            round=round,
        )


class EntriesUndecided(Refused):
    code = "entries_undecided"

    def __init__(self, undecided: int, entries: int) -> None:
        super().__init__(
            f"Còn {undecided} trong {entries} người chưa có quyết định.",
            f"{undecided} of {entries} entries are not decided yet.",
            rule=CONFIRMATION,
            undecided=undecided,
            entries=entries,
        )


class EntryNoLongerListed(Refused):
    code = "entry_withdrawn"

    def __init__(self, withdrawn_on: date) -> None:
        super().__init__(
            f"Công an xã đã rút người này khỏi danh sách ngày {withdrawn_on:%d/%m/%Y}; không cần quyết định.",
            f"The police withdrew this entry on {withdrawn_on}; it needs no decision.",
            withdrawn_on=withdrawn_on.isoformat(),
        )


class DocumentDateWrong(Refused):
    code = "document_date_wrong"

    def __init__(self, document_on: date, earliest: date, latest: date) -> None:
        super().__init__(
            f"Ngày văn bản {document_on:%d/%m/%Y} phải từ {earliest:%d/%m/%Y} (ngày Công an xã gửi) "
            f"đến {latest:%d/%m/%Y} (hôm nay).",
            f"The document is dated {document_on}; expected from {earliest} (sent by the police) "
            f"to {latest} (today).",
            document_on=document_on.isoformat(),
            earliest=earliest.isoformat(),
            latest=latest.isoformat(),
        )


class RoundOutOfOrder(Refused):
    """The police sent a round that cannot follow what we hold: it is parked until somebody has looked."""

    code = "round_out_of_order"

    def __init__(self, sent: int, held: int, stage: str) -> None:
        super().__init__(
            f"Công an xã gửi danh sách lần {sent}, trong khi ta đang giữ lần {held} ({STAGES_VI[stage]}).",
            f"The police sent round {sent}, but we hold round {held}, which is {stage}.",
            sent=sent,
            held=held,
            stage=stage,
        )


class ListMalformed(Refused):
    """The list contradicts itself: it is parked until somebody has looked."""

    code = "list_malformed"

    def __init__(self, entries: int, different: int, annexed: int) -> None:
        super().__init__(
            f"Danh sách có {entries} dòng, {different} mã khác nhau, {annexed} dòng khớp phụ lục.",
            f"The list has {entries} entries, {different} distinct ids, {annexed} of them in the annex; "
            "expected the same number.",
            entries=entries,
            different=different,
            annexed=annexed,
        )


class SubmissionDiffers(Refused):
    """The police handed the bank another list than we confirmed: it is parked until somebody has looked."""

    code = "submission_differs"

    def __init__(self, stage: str, round: int, confirmed: str | None, stated: str, computed: str) -> None:
        super().__init__(
            f"Danh sách Công an xã gửi ngân hàng (lần {round}) khác bản UBND xã đã xác nhận ({STAGES_VI[stage]}).",
            f"The list handed to the bank (round {round}) is not the one that was confirmed here ({stage}).",
            rule=CONFIRMATION,
            stage=stage,
            round=round,
            confirmed_hash=confirmed,
            stated_hash=stated,
            computed_hash=computed,
        )
