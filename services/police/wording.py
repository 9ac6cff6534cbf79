"""Checks as sentences: what an officer reads on the screen and on paper, in Vietnamese and in English."""

from collections.abc import Mapping
from datetime import date

import msgspec

from services.police.rules import Check
from shared.agreement.errors import Fact


class Sentence(msgspec.Struct, frozen=True):
    vi: str
    en: str


# By rule: what is said when the check passed, and when it failed.
# fmt: off
_SENTENCES: Mapping[str, tuple[Sentence, Sentence]] = {
    "certificate": (
        Sentence("Có giấy chứng nhận {ground}.", "Holds the certificate ({ground_en})."),
        Sentence("Chưa có số, ngày cấp giấy chứng nhận {ground}.",
                 "Number and day of the certificate are missing ({ground_en})."),
    ),
    "probation_ended": (
        Sentence("Đã hết thời gian thử thách ngày {probation_ends_on}.", "Probation ended on {probation_ends_on}."),
        Sentence("Còn trong thời gian thử thách đến {probation_ends_on}.", "On probation until {probation_ends_on}."),
    ),
    "five_years": (
        Sentence("Chấp hành xong ngày {completed_on}, được vay đến {last_day}.",
                 "Completed on {completed_on}: may borrow until {last_day}."),
        Sentence("Chấp hành xong ngày {completed_on}: chỉ được vay đến {last_day}, danh sách đến hạn {due}.",
                 "Completed on {completed_on}: may borrow until {last_day}, the list is due on {due}."),
    ),
    "residence": (
        Sentence("Cư trú tại xã từ {resident_since}.", "Lives in the commune since {resident_since}."),
        Sentence("Chưa đăng ký nơi cư trú tại xã, hoặc không còn cư trú tại xã.",
                 "No residence registered in the commune, or no longer there."),
    ),
    "conduct": (
        Sentence("Chấp hành pháp luật tốt.", "Obeys the law well."),
        Sentence("Chưa được đánh giá là chấp hành pháp luật tốt.", "Not assessed as obeying the law well."),
    ),
    "no_social_evils": (
        Sentence("Không tham gia tệ nạn xã hội.", "Takes no part in social evils."),
        Sentence("Chưa được xác nhận là không tham gia tệ nạn xã hội.",
                 "Not assessed as taking no part in social evils."),
    ),
    "identity_number": (
        Sentence("Đã có số định danh.", "The identity number is known."),
        Sentence("Chưa có số định danh: hãy bổ sung.", "The identity number is missing: fill it in."),
    ),
    "wish": (
        Sentence("Có nhu cầu vay vốn.", "Wishes for a loan."),
        Sentence("Không có, hoặc chưa khảo sát lại, nhu cầu vay vốn.", "No wish for a loan, or not surveyed anew."),
    ),
    "purpose": (
        Sentence("Mục đích vay: {purpose}.", "Purpose: {purpose_en}."),
        Sentence("Chưa rõ mục đích vay, hoặc chưa có số tháng học.", "Purpose, or months of study, not known."),
    ),
    "ceiling": (
        Sentence("Số tiền {amount} đồng không quá mức tối đa {ceiling} đồng.",
                 "{amount} đồng, at most {ceiling} may be lent."),
        Sentence("Số tiền {amount} đồng vượt mức tối đa {ceiling} đồng.",
                 "{amount} đồng is more than the {ceiling} that may be lent."),
    ),
    "not_pending": (
        Sentence("Không có mục nào khác đang chờ giải quyết.", "No other entry is pending."),
        Sentence("Đang có tên trong một danh sách khác vay {purpose}.",
                 "Stands on another list already, for {purpose_en}."),
    ),
    "no_open_loan": (
        Sentence("Không còn khoản vay cùng mục đích theo chương trình này.",
                 "No loan of this programme for the same purpose."),
        Sentence("Còn khoản vay {purpose} theo chương trình này.",
                 "A loan of this programme is open for {purpose_en}."),
    ),
    "single_case": (
        Sentence("Số định danh chỉ có ở một hồ sơ.", "The identity number stands in one case only."),
        Sentence("Một hồ sơ khác có cùng số định danh: hãy rút hồ sơ trùng.",
                 "Another case has the same identity number: retract the duplicate."),
    ),
}
_WORDS = {
    "sentence_completed": ("chấp hành xong án phạt tù", "completion of sentence"),
    "amnesty": ("đặc xá", "amnesty"),
    "conditional_release": ("chấp hành xong án phạt tù sau thử thách", "completion after probation"),
    "training": ("đào tạo nghề", "vocational training"),
    "production": ("sản xuất, kinh doanh", "production and business"),
}
# fmt: on
_DAYS = ("probation_ends_on", "completed_on", "last_day", "due", "resident_since")
_UNKNOWN = "…"


def sentence(check: Check) -> Sentence:
    """What a check found, without its source."""
    said = _SENTENCES[check.rule][0 if check.passed else 1]
    shown = {name: _shown(name, value) for name, value in check.facts.items()}
    for name in ("ground", "purpose"):
        if name in check.facts:
            shown[name], shown[f"{name}_en"] = _WORDS.get(str(check.facts[name]), (_UNKNOWN, _UNKNOWN))
    return Sentence(said.vi.format(**shown), said.en.format(**shown))


def amount(value: int) -> str:
    """Whole đồng with dots: 50.000.000."""
    return f"{value:,}".replace(",", ".")


def _shown(name: str, value: Fact) -> str:
    if value is None:
        return _UNKNOWN
    if name in _DAYS:
        day = date.fromisoformat(str(value))
        return f"{day:%d/%m/}{day.year:04}"
    return amount(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)
