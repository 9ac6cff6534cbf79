"""Why the commune police's service says no: a small class each, with the article it rests on."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.police.rules import COORDINATION, MOST_ENTRIES, Check
from services.police.wording import sentence
from shared.agreement.errors import Forbidden, Refused, Unavailable

FOUR_EYES = f"{COORDINATION}: cán bộ lập, lãnh đạo khác ký"


def _shown(day: date) -> str:
    return f"{day:%d/%m/}{day.year:04}"


class NotManagedHere(Refused):
    code = "not_managed_here"

    def __init__(self, standing: str) -> None:
        super().__init__(
            f"Hồ sơ không còn do đơn vị này quản lý (trạng thái: {standing}).",
            f"This office does not carry the case any more (it is {standing}).",
            standing=standing,
        )


class NotOurCommune(Refused):
    code = "not_our_commune"

    def __init__(self, commune: str, ours: str) -> None:
        super().__init__(
            f"Xã {commune} không thuộc đơn vị này (xã {ours}).",
            f"Commune {commune} is not this office's, which is {ours}.",
            commune=commune,
            ours=ours,
        )


class AlreadyRegistered(Refused):
    code = "already_registered"

    def __init__(self, person_id: UUID) -> None:
        super().__init__(
            f"Người này đã có hồ sơ {person_id} (trùng số định danh, hoặc trùng họ tên, ngày sinh và giấy chứng nhận).",
            f"This person has case {person_id} already (same identity number, or same name, birth and certificate).",
            person_id=str(person_id),
        )


class NeedsCorrection(Refused):
    """A workbook's row says something else about a recorded person than may change from month to month."""

    code = "needs_correction"

    def __init__(self, person_id: UUID, fields: Sequence[str]) -> None:
        super().__init__(
            f"Khác với hồ sơ {person_id} đã ghi ở: {', '.join(fields)}. Hãy đính chính hồ sơ thay vì nhập lại.",
            f"Differs from recorded case {person_id} in: {', '.join(fields)}. Correct the case instead.",
            person_id=str(person_id),
            fields=" ".join(fields),
        )


class IdentityNumberKnown(Refused):
    code = "identity_number_known"

    def __init__(self) -> None:
        super().__init__(
            "Hồ sơ đã có số định danh; nếu sai, hãy đính chính.",
            "The case has an identity number; if it is wrong, correct the release.",
        )


class LoanStands(Refused):
    code = "loan_stands"

    def __init__(self, loan_id: UUID) -> None:
        super().__init__(
            f"Không thể thu hồi thông tin: khoản vay {loan_id} đã duyệt hoặc còn dư nợ. Hãy đính chính.",
            f"The release cannot be retracted: loan {loan_id} is approved or open. Correct it instead.",
            loan_id=str(loan_id),
        )


class MoveNotPossible(Refused):
    code = "move_not_possible"

    def __init__(self, to_commune: str, on: date, earliest: date, latest: date) -> None:
        super().__init__(
            f"Không ghi được việc chuyển đến xã {to_commune} ngày {_shown(on)}: phải là xã khác tham gia quy chế, "
            f"từ ngày {_shown(earliest)} đến ngày {_shown(latest)}.",
            f"A move to commune {to_commune} on {on} cannot be recorded: it must be another commune of the "
            f"agreement, from {earliest} to {latest}.",
            to_commune=to_commune,
            on=on.isoformat(),
            earliest=earliest.isoformat(),
            latest=latest.isoformat(),
        )


class EntryNotPending(Refused):
    code = "entry_not_pending"

    def __init__(self, entry_id: UUID) -> None:
        super().__init__(
            f"Mục {entry_id} chưa được gửi đi, hoặc đã được giải quyết.",
            f"Entry {entry_id} was not sent yet, or is settled already.",
            entry_id=str(entry_id),
        )


class NotEligible(Refused):
    code = "not_eligible"

    def __init__(self, person_id: UUID, failed: Sequence[Check]) -> None:
        said = [(check, sentence(check)) for check in failed]
        super().__init__(
            "Không đủ điều kiện: " + " ".join(f"{s.vi} ({c.source})" for c, s in said),
            "Not eligible: " + " ".join(f"{s.en} ({c.source})" for c, s in said),
            rule="; ".join(dict.fromkeys(check.source for check in failed)),
            person_id=str(person_id),
            failed=" ".join(check.rule for check in failed),
        )


class TooManyEntries(Refused):
    code = "too_many_entries"

    def __init__(self, entries: int) -> None:
        super().__init__(
            f"{entries} người đủ điều kiện, một danh sách chỉ chứa {MOST_ENTRIES} người: hãy chọn từng người.",
            f"{entries} people are eligible, a list holds {MOST_ENTRIES}: choose them one by one.",
            entries=entries,
            limit=MOST_ENTRIES,
        )


class ImportIncomplete(Refused):
    code = "import_incomplete"

    def __init__(self, workbook: str, rows: int, taken: int) -> None:
        super().__init__(
            f"Bảng tính «{workbook}» mới nhập được {taken}/{rows} dòng; hãy chạy lại lệnh nhập tệp đó cho xong.",
            f"Workbook “{workbook}” is only partly imported ({taken} of {rows} rows): run its import again.",
            workbook=workbook,
            rows=rows,
            taken=taken,
        )


class ImportBusy(Unavailable):
    code = "import_busy"

    def __init__(self) -> None:
        super().__init__(
            "Một bảng tính khác đang được nhập; hãy thử lại sau ít phút.",
            "Another workbook is being imported; try again in a few minutes.",
            retry_after=30,
        )


class NoImportRunning(Refused):
    code = "no_import_running"

    def __init__(self) -> None:
        super().__init__("Không có lần nhập bảng tính nào đang chạy.", "No import is under way.")


class WrongListState(Refused):
    code = "wrong_list_state"

    def __init__(self, status: str, needed: Sequence[str]) -> None:
        super().__init__(
            f"Danh sách đang ở trạng thái «{status}»; việc này cần trạng thái {', '.join(needed)}.",
            f"The list is {status}; this can be done only when it is {', '.join(needed)}.",
            status=status,
            needed=" ".join(needed),
        )


class MonthNotOpen(Refused):
    code = "month_not_open"

    def __init__(self, month: str, opens: date, due: date) -> None:
        super().__init__(
            f"Chưa đến lúc, hoặc đã quá lúc, mở danh sách tháng {month}: mở được trong tháng trước đến hạn "
            f"{_shown(due)} (mở tự động ngày {_shown(opens)}).",
            f"The list of {month} cannot be opened now: it may be in the month before, until it is due on {due} "
            f"(it opens by itself on {opens}).",
            month=month,
            opens=opens.isoformat(),
            due=due.isoformat(),
        )


class DraftOutdated(Refused):
    """What the officer drafted is no longer what the register says: the chief signs only what is so now."""

    code = "draft_outdated"

    def __init__(self, persons: Sequence[UUID]) -> None:
        super().__init__(
            f"Dự thảo không còn khớp hồ sơ của {len(persons)} người; cán bộ hãy lập lại danh sách.",
            f"The draft does not match the cases of {len(persons)} people any more; it must be drafted again.",
            persons=" ".join(map(str, persons)),
        )


class OnlyALeaderSigns(Forbidden):
    code = "leader_must_sign"

    def __init__(self) -> None:
        super().__init__(
            "Chỉ lãnh đạo Công an xã được ký.", "Only a leader of the office signs.", rule=FOUR_EYES
        )


class DrafterMayNotSign(Forbidden):
    code = "drafter_may_not_sign"

    def __init__(self, username: str) -> None:
        super().__init__(
            f"{username} đã lập danh sách này nên không được ký.",
            f"{username} drafted this list and may not sign it.",
            rule=FOUR_EYES,
            drafter=username,
        )


class DocumentInFuture(Refused):
    code = "document_in_future"

    def __init__(self, dated: date, today: date) -> None:
        super().__init__(
            f"Ngày văn bản {_shown(dated)} ở sau hôm nay {_shown(today)}.",
            f"The document is dated {dated}, today is {today}.",
            dated=dated.isoformat(),
            today=today.isoformat(),
        )


class NotAsSent(Refused):
    """What came back about a list does not fit what was sent; somebody must look (the event is parked)."""

    code = "not_as_sent"

    def __init__(self, what: str, sent: object, heard: object) -> None:
        super().__init__(
            f"Phản hồi về danh sách không khớp ({what}): đã gửi {sent}, nhận được {heard}.",
            f"What was heard about the list does not fit ({what}): {sent} was sent, {heard} came back.",
            what=what,
            sent=str(sent),
            heard=str(heard),
        )
