"""What the bank refuses: one small class per reason, with a stable code and a sentence in two languages.

Facts are the figures compared; dates among them are ISO text, money whole đồng.
"""

import re
from datetime import date
from typing import ClassVar

from shared.agreement.acting import Role, User
from shared.agreement.errors import Fact, Forbidden, Refused

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class BankRefusal(Refused):
    """`vi` and `en` are templates over the facts; `article` is the source where the caller names no other."""

    vi: ClassVar[str]
    en: ClassVar[str]
    article: ClassVar[str | None] = None

    def __init__(self, *, rule: str | None = None, **facts: Fact) -> None:
        vi = self.vi.format(**{name: _in_vietnamese(fact) for name, fact in facts.items()})
        en = self.en.format(**{name: _in_english(fact) for name, fact in facts.items()})
        super().__init__(vi, en, rule=rule or self.article, **facts)


def _in_vietnamese(fact: Fact) -> str:
    if isinstance(fact, str) and _ISO_DAY.fullmatch(fact):
        return date.fromisoformat(fact).strftime("%d/%m/%Y")
    return f"{fact:,}".replace(",", ".") if isinstance(fact, int) else str(fact)


def _in_english(fact: Fact) -> str:
    return f"{fact:,}" if isinstance(fact, int) else str(fact)


# Rules of the Decision: raised from a failed check (rules.demand), which names the article.


class EntryNotStanding(BankRefusal):
    code = "entry_not_standing"
    vi = "Dòng danh sách {entry_id} không còn hiệu lực (đã rút, hết điều kiện hoặc đã bị từ chối)."
    en = "List entry {entry_id} no longer stands: it was withdrawn, ended or rejected."


class NotYetCompleted(BankRefusal):
    code = "not_yet_completed"
    vi = "Ngày chấp hành xong {completed_on} chưa đến (xét ngày {day})."
    en = "The sentence or probation ends only on {completed_on}, after {day}."


class OutsideFiveYears(BankRefusal):
    code = "outside_five_years"
    vi = "Đã quá 05 năm kể từ ngày chấp hành xong {completed_on}: ngày cuối là {last_day}, xét ngày {day}."
    en = "Five years since completion on {completed_on} have passed: the last day was {last_day}, not {day}."


class PurposeDiffers(BankRefusal):
    code = "purpose_differs"
    vi = "Mục đích vay «{asked}» khác mục đích đã được xác nhận trong danh sách «{listed}»."
    en = "The purpose “{asked}” is not the one confirmed in the list, “{listed}”."


class OverCeiling(BankRefusal):
    code = "over_ceiling"
    vi = "Mức vay {asked} đồng vượt mức tối đa {limit} đồng."
    en = "{asked} VND is above the ceiling of {limit} VND."


class TermTooLong(BankRefusal):
    code = "term_too_long"
    vi = "Thời hạn {asked} tháng vượt thời hạn tối đa {limit} tháng."
    en = "A term of {asked} months is above the maximum of {limit} months."


class LookupMissing(BankRefusal):
    code = "lookup_missing"
    vi = "Chưa có kết quả tra cứu dư nợ cùng mục đích còn hiệu lực ({valid_days} ngày) vào ngày {day}."
    en = "No look-up of same-purpose debt is valid ({valid_days} days) on {day}."


class SamePurposeDebt(BankRefusal):
    code = "same_purpose_debt"
    vi = "Kết quả tra cứu ngày {looked_up_on}: còn dư nợ chương trình khác có cùng mục đích sử dụng vốn vay."
    en = "The look-up of {looked_up_on} found a debt under another programme with the same purpose."


# The order of things, and who may do them.


class LeaderNeeded(Forbidden):
    code = "leader_needed"

    def __init__(self, username: str) -> None:
        super().__init__(
            f"Việc này do lãnh đạo phòng giao dịch quyết định; {username} không phải lãnh đạo.",
            f"This is for a leader of the transaction office to decide; {username} is none.",
            username=username,
        )


class SecondPersonNeeded(BankRefusal):
    code = "second_person_needed"
    vi = "{username} đã thực hiện bước trước; bước này phải do người khác quyết định."
    en = "{username} took the step before; another person must decide this one."


class WrongState(BankRefusal):
    code = "wrong_loan_state"
    vi = "Không thực hiện được khi hồ sơ vay ở trạng thái «{state}»; cần «{expected}»."
    en = "Not possible while the loan is “{state}”; expected “{expected}”."


class RefusalProposed(BankRefusal):
    code = "refusal_proposed"
    vi = "Cán bộ đề xuất từ chối ({grounds}); cần đề xuất phê duyệt trước khi phê duyệt."
    en = "The officer proposed to refuse ({grounds}); an approval must be proposed before it is given."


class ListNotOpen(BankRefusal):
    code = "list_not_open"
    vi = "Danh sách {list_id} chưa mở: chưa đủ hai phần khớp nhau của Công an xã và UBND xã."
    en = "List {list_id} is not open: the police's and the commune's halves are not both here and equal."


class EntryTakenUp(BankRefusal):
    code = "entry_taken_up"
    vi = "Dòng danh sách {entry_id} đã có hồ sơ vay {loan_id}."
    en = "List entry {entry_id} already led to loan {loan_id}."


class OpenLoanExists(BankRefusal):
    code = "open_loan_exists"
    article = "Điều 3 khoản 3 Quyết định 22/2023/QĐ-TTg"
    vi = "Người này đang có khoản vay {loan_id} cùng mục đích «{purpose}» chưa tất toán."
    en = "This person has loan {loan_id} for the same purpose “{purpose}”, not yet settled."


class ReasonDoesNotHold(BankRefusal):
    code = "reason_does_not_hold"
    vi = "Lý do «{reason}» không đúng với số liệu: giới hạn {limit}, thực tế {actual}."
    en = "The reason “{reason}” does not hold: the limit is {limit}, the fact is {actual}."


class BorrowerMismatch(BankRefusal):
    code = "borrower_mismatch"
    article = "Điều 4 khoản 1 Quyết định 22/2023/QĐ-TTg"
    vi = "Quan hệ «{relation}» không khớp với số định danh của người vay."
    en = "The relation “{relation}” does not fit the borrower's identity number."


class DayOutOfOrder(BankRefusal):
    code = "day_out_of_order"
    vi = "Ngày {day} phải từ {earliest} đến {latest}."
    en = "The day {day} must lie between {earliest} and {latest}."


def demand_second(user: User, first: str) -> None:
    """Four eyes: a leader who did not take the step before. Raises LeaderNeeded, SecondPersonNeeded."""
    if user.role is not Role.LEADER:
        raise LeaderNeeded(user.username)
    if user.username == first:
        raise SecondPersonNeeded(username=first)


def demand_day(day: date, earliest: date, latest: date) -> None:
    """Raises DayOutOfOrder unless `earliest` ≤ `day` ≤ `latest`."""
    if not earliest <= day <= latest:
        days = {"day": day.isoformat(), "earliest": earliest.isoformat(), "latest": latest.isoformat()}
        raise DayOutOfOrder(**days)


# Money.


class AboveApplied(BankRefusal):
    code = "above_applied"
    vi = "Đề xuất {asked} đồng vượt số tiền đề nghị vay {applied} đồng."
    en = "{asked} VND is above the {applied} VND applied for."


class AboveApproved(BankRefusal):
    code = "above_approved"
    vi = "Giải ngân {asked} đồng vượt phần còn lại {left} đồng của số tiền đã phê duyệt."
    en = "A tranche of {asked} VND is above the {left} VND left of what was approved."


class WrongTranche(BankRefusal):
    code = "wrong_tranche"
    vi = "Không có lần giải ngân {asked} đang chờ xác nhận (đang chờ: {prepared})."
    en = "Tranche {asked} is not the one waiting for confirmation (waiting: {prepared})."


class NothingReceived(BankRefusal):
    code = "nothing_received"
    vi = "Phiếu thu {receipt_no} không có gốc cũng không có lãi."
    en = "Receipt {receipt_no} has neither principal nor interest."


class PrincipalOverpaid(BankRefusal):
    code = "principal_overpaid"
    vi = "Thu gốc {asked} đồng vượt dư nợ gốc {owed} đồng."
    en = "{asked} VND of principal is above the {owed} VND owed."


class InterestOverpaid(BankRefusal):
    code = "interest_overpaid"
    vi = "Thu lãi {asked} đồng vượt lãi phải trả {owed} đồng tính đến ngày {day}."
    en = "{asked} VND of interest is above the {owed} VND owed on {day}."


class ReceiptUsed(BankRefusal):
    code = "receipt_used"
    vi = "Phiếu thu số {receipt_no} đã được ghi cho khoản vay này."
    en = "Receipt {receipt_no} is already posted on this loan."


class PostingUnknown(BankRefusal):
    code = "posting_unknown"
    status = 404
    vi = "Không có bút toán {posting_id} còn hiệu lực của khoản vay này."
    en = "This loan has no standing posting {posting_id}."


class OnlyInterestOnSettled(BankRefusal):
    code = "only_interest_on_settled"
    vi = "Khoản vay đã tất toán; chỉ hủy được bút toán có thu gốc, vì chỉ việc đó mới báo được cho các bên."
    en = "The loan is settled; only a posting with principal can be taken back, since only that can be told."


# A quote's figures that do not go together.


class CourseOutlastsTerm(BankRefusal):
    code = "course_outlasts_term"
    vi = "Thời hạn {term_months} tháng kết thúc trước khi học xong {study_months} tháng."
    en = "A term of {term_months} months ends before the course of {study_months} months does."


class TooManyTranches(BankRefusal):
    code = "too_many_tranches"
    vi = "Học {study_months} tháng thì chia được nhiều nhất {study_months} lần giải ngân, không phải {tranches}."
    en = "{study_months} months of study make at most {study_months} tranches, not {tranches}."
