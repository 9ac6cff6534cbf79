"""What may be asked of the police service, checked by itself: one schema for HTTP, forms and workbooks.

Only what the command says is judged here, and against the day it is said on. What depends on what is already
recorded (is she listed? is the ceiling passed?) is decided by the aggregates.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any, Self

import marshmallow as ma

from shared.agreement.dates import years_after
from shared.agreement.errors import FieldMessage
from shared.contracts.common import GROUNDS, PURPOSES
from shared.sheets.text import clean

MAX_AMOUNT = 10**12  # đồng; beyond it is a slip of the hand, whatever the ceilings say
MAX_AGE = 100  # years; an older birth is nearly always a bare year that Excel took for a day number
OLDEST_PROBATION = 30  # years ahead: no term of imprisonment is longer (Criminal Code 2015, Art. 38, 55)
RESPONSIBLE_AGE = 14  # years (Criminal Code 2015, Art. 12)

_today: ContextVar[date] = ContextVar("today")


@contextmanager
def judged_on(today: date) -> Iterator[None]:
    """The local day on which commands loaded inside this block are judged. There is no default."""
    token = _today.set(today)
    try:
        yield
    finally:
        _today.reset(token)


class _Message(FieldMessage):
    def format(self, *_args: object, **_params: object) -> Self:
        # marshmallow formats its messages, and str.format would give back a plain string without the code.
        return self


# fmt: off
_TEXTS = {
    "required": ("Bắt buộc phải có.", "Required."),
    "wrong_type": ("Sai kiểu dữ liệu.", "This is not of the expected type."),
    "unknown_field": ("Không có trường này.", "There is no such field."),
    "not_an_object": ("Cần một đối tượng JSON.", "A JSON object is expected."),
    "bad_name": (
        "Họ tên phải có 2–100 ký tự, chỉ gồm chữ cái, dấu cách, gạch nối và dấu nháy đơn.",
        "A name has 2–100 characters: letters, blanks, hyphens and apostrophes only.",
    ),
    "bad_birth": (
        "Ngày sinh phải là một năm (1985) hoặc một ngày có thật (1985-03-02).",
        "A birth is a year (1985) or a day that exists (1985-03-02).",
    ),
    "unknown_code": ("Giá trị không có trong danh mục.", "This value is not in the list of codes."),
    "bad_identity_number": (
        "Số định danh phải có đúng 12 chữ số.",
        "An identity number has exactly 12 digits.",
    ),
    "bad_commune": ("Mã xã phải có đúng 5 chữ số.", "A commune code has exactly 5 digits."),
    "too_long": ("Quá dài.", "Too long."),
    "bad_date": (
        "Cần một ngày có thật, dạng năm-tháng-ngày (2026-01-05).",
        "A day that exists is expected, as year-month-day (2026-01-05).",
    ),
    "bad_amount": (
        "Số tiền phải là số đồng nguyên, lớn hơn 0 và không quá 1.000.000.000.000.",
        "An amount is whole đồng, above 0 and at most 1,000,000,000,000.",
    ),
    "bad_study_months": ("Số tháng học phải từ 1 đến 72.", "Months of study are from 1 to 72."),
    "date_in_future": ("Ngày này chưa đến.", "This day has not come yet."),
    "required_for_ground": ("Bắt buộc đối với diện này.", "Required for this ground of release."),
    "not_for_ground": (
        ("Phải để trống đối với diện này: chấp hành xong và đặc xá có ngày chấp hành xong, tha tù trước "
         "thời hạn có điều kiện có ngày hết thử thách."),
        ("Must be empty for this ground: a completed sentence and an amnesty have a day of completion, a "
         "conditional release has the end of its probation."),
    ),
    "certificate_incomplete": (
        "Số và ngày cấp giấy chứng nhận phải có cùng nhau.",
        "The certificate's number and day of issue go together.",
    ),
    "certificate_before_completion": (
        "Giấy chứng nhận cấp trước ngày chấp hành xong (hoặc ngày hết thử thách).",
        "The certificate is dated before completion (or before probation ended).",
    ),
    "probation_too_far": (
        "Ngày hết thử thách cách nay quá 30 năm.",
        "The end of probation is more than 30 years ahead.",
    ),
    "birth_in_future": ("Ngày sinh chưa đến.", "This birth lies in the future."),
    "birth_too_long_ago": (
        "Ngày sinh cách nay hơn 100 năm; nếu chỉ biết năm, hãy định dạng ô là Văn bản rồi gõ lại năm.",
        ("This birth is more than 100 years ago; if only the year is known, format the cell as Text and "
         "type it."),
    ),
    "birth_after_release": (
        "Ngày sinh sau ngày chấp hành xong hoặc hết thử thách.",
        "Born after completion or the end of probation.",
    ),
    "too_young_at_release": (
        "Chưa đủ 14 tuổi vào ngày chấp hành xong hoặc hết thử thách (BLHS 2015, Điều 12).",
        "Not yet 14 on completion or at the end of probation (Criminal Code 2015, Art. 12).",
    ),
    "residence_before_birth": ("Ngày về cư trú trước ngày sinh.", "Residence began before birth."),
    "required_for_loan": ("Bắt buộc khi có nhu cầu vay.", "Required when a loan is wanted."),
    "only_with_loan": ("Phải để trống khi không có nhu cầu vay.", "Must be empty when no loan is wanted."),
    "required_for_training": ("Bắt buộc khi vay để đào tạo nghề.", "Required when the loan is for training."),
    "only_for_training": (
        "Phải để trống khi không vay để đào tạo nghề.",
        "Must be empty when the loan is not for training.",
    ),
}
# fmt: on

MESSAGES: Mapping[str, FieldMessage] = {code: _Message(code, *texts) for code, texts in _TEXTS.items()}
"""Every refusal of this module's schemas by its stable code: Vietnamese (the string itself) and English."""


def _codes(invalid: str) -> dict[str, Any]:
    """marshmallow's own messages of any field, replaced: what is not of the type is `invalid`."""
    refused: dict[str, Any] = dict.fromkeys(
        ("invalid", "invalid_utf8", "format", "too_large"), MESSAGES[invalid]
    )
    return {**refused, "required": MESSAGES["required"], "null": MESSAGES["required"]}


def _required(field: type[ma.fields.Field[Any]], invalid: str, **options: Any) -> Any:
    return field(required=True, error_messages=_codes(invalid), **options)


def _optional(field: type[ma.fields.Field[Any]], invalid: str, **options: Any) -> Any:
    return field(load_default=None, allow_none=True, error_messages=_codes(invalid), **options)


def _digits(length: int, code: str) -> ma.validate.Regexp:
    # `$` alone lets a line break pass; `\Z` is not understood by those who read the OpenAPI document.
    return ma.validate.Regexp(rf"^[0-9]{{{length}}}$(?!\n)", error=MESSAGES[code])


def _at_most(length: int) -> list[ma.validate.Length]:
    return [
        ma.validate.Length(min=1, error=MESSAGES["required"]),
        ma.validate.Length(max=length, error=MESSAGES["too_long"]),
    ]


def _one_of(codes: tuple[str, ...]) -> ma.validate.OneOf:
    return ma.validate.OneOf(codes, error=MESSAGES["unknown_code"])


class _Clean(ma.fields.String):
    """NFC text without invisible characters or needless blanks, whichever way it came."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return clean(super()._deserialize(value, attr, data, **kwargs))


class _Day(ma.fields.Date):
    """`2026-01-05` and nothing else: Python would also take 20260105 and week numbers."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not (isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


def _is_name(value: str) -> None:
    # Ê Đê and Ba Na names hold apostrophes and hyphens (H'Len, K'Brơi); a letter comes first.
    whole = 2 <= len(value) <= 100 and value[0].isalpha()
    if not whole or not re.fullmatch(r"(?:[^\W\d_]|[ '’\-\u0300-\u036f])+", value):
        raise ma.ValidationError(MESSAGES["bad_name"])


def _is_birth(value: str) -> None:
    try:
        _first_day(value)
    except ValueError:
        raise ma.ValidationError(MESSAGES["bad_birth"]) from None


def _first_day(birth: str) -> date:
    """The earliest day a birth can mean: of a year alone, 1 January."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}-[0-9]{2})?", birth):
        raise ValueError(birth)
    return date.fromisoformat(birth if len(birth) > 4 else f"{birth}-01-01")


class RegisterPersonSchema(ma.Schema):
    """Register a released person (`PersonReleased`). Load it inside `judged_on(today)`.

    `birth`: a year or a day. `ground`: what the release rests on. A completed sentence and an amnesty have a
    certificate and `completed_on` (Decision 22/2023 Art. 3.1.a); a conditional release has
    `probation_ends_on`, which may lie ahead, and a certificate only once probation is over (Circular 10/2024
    Art. 7). `amount`: whole đồng. `note`: never leaves the office.

    `resident_since` may be earlier than completion: who served the end of a sentence on conditional release
    had come home before the sentence counted as completed.
    """

    class Meta:
        unknown = ma.RAISE

    error_messages = {"unknown": MESSAGES["unknown_field"], "type": MESSAGES["not_an_object"]}

    full_name = _required(_Clean, "wrong_type", validate=_is_name)
    birth = _required(ma.fields.String, "bad_birth", validate=_is_birth)
    sex = _required(ma.fields.String, "wrong_type", validate=_one_of(("male", "female")))
    identity_number = _optional(
        ma.fields.String, "bad_identity_number", validate=_digits(12, "bad_identity_number")
    )
    hamlet = _required(_Clean, "wrong_type", validate=_at_most(100))
    commune = _required(ma.fields.String, "bad_commune", validate=_digits(5, "bad_commune"))
    ground = _required(ma.fields.String, "wrong_type", validate=_one_of(GROUNDS))
    certificate_no = _optional(_Clean, "wrong_type", validate=_at_most(60))
    certificate_issued_on = _optional(_Day, "bad_date")
    completed_on = _optional(_Day, "bad_date")
    probation_ends_on = _optional(_Day, "bad_date")
    resident_since = _required(_Day, "bad_date")
    conduct_good = _required(ma.fields.Boolean, "wrong_type", truthy={True}, falsy={False})
    social_evils = _required(ma.fields.Boolean, "wrong_type", truthy={True}, falsy={False})
    wants_loan = _required(ma.fields.Boolean, "wrong_type", truthy={True}, falsy={False})
    purpose = _optional(ma.fields.String, "wrong_type", validate=_one_of(PURPOSES))
    amount = _optional(
        ma.fields.Integer,
        "bad_amount",
        strict=True,
        validate=ma.validate.Range(1, MAX_AMOUNT, error=MESSAGES["bad_amount"]),
    )
    study_months = _optional(
        ma.fields.Integer,
        "bad_study_months",
        strict=True,
        validate=ma.validate.Range(1, 72, error=MESSAGES["bad_study_months"]),
    )
    note = _optional(_Clean, "wrong_type", validate=ma.validate.Length(max=1000, error=MESSAGES["too_long"]))

    @ma.validates_schema(skip_on_field_errors=True)
    def _fields_agree(self, data: dict[str, Any], **_: Any) -> None:
        today = _today.get()
        wrong: dict[str, list[FieldMessage]] = {}
        for field, code in (
            *_ground_and_certificate(data),
            *_order_of_dates(data, today),
            *_age(data, today),
            *_wish(data),
        ):
            wrong.setdefault(field, []).append(MESSAGES[code])
        if wrong:
            raise ma.ValidationError(wrong)


# The rules read with .get: a row of a workbook is checked for all its faults even where one cell could not be
# read and its field is therefore absent (partial loading).

Wrong = Iterator[tuple[str, str]]


def _ground_and_certificate(data: Mapping[str, Any]) -> Wrong:
    ground = data.get("ground")
    number, issued = data.get("certificate_no"), data.get("certificate_issued_on")
    if ground == "conditional_release":
        needed, foreign = ["probation_ends_on"], "completed_on"
        if (number is None) != (issued is None):
            yield "certificate_no" if number is None else "certificate_issued_on", "certificate_incomplete"
    elif ground is not None:
        needed, foreign = ["certificate_no", "certificate_issued_on", "completed_on"], "probation_ends_on"
    else:
        return
    for field in needed:
        if data.get(field) is None:
            yield field, "required_for_ground"
    if data.get(foreign) is not None:
        yield foreign, "not_for_ground"


def _order_of_dates(data: Mapping[str, Any], today: date) -> Wrong:
    for field in ("certificate_issued_on", "completed_on", "resident_since"):
        if data.get(field) is not None and data[field] > today:
            yield field, "date_in_future"
    probation = data.get("probation_ends_on")
    if probation is not None and probation > years_after(today, OLDEST_PROBATION):
        yield "probation_ends_on", "probation_too_far"
    end, issued = data.get("completed_on") or probation, data.get("certificate_issued_on")
    if end is not None and issued is not None and issued < end:
        yield "certificate_issued_on", "certificate_before_completion"


def _age(data: Mapping[str, Any], today: date) -> Wrong:
    if data.get("birth") is None:
        return
    born = _first_day(data["birth"])
    end, resident = data.get("completed_on") or data.get("probation_ends_on"), data.get("resident_since")
    if born > today:
        yield "birth", "birth_in_future"
    elif years_after(born, MAX_AGE + 1) <= today:
        yield "birth", "birth_too_long_ago"
    elif end is not None and born > end:
        yield "birth", "birth_after_release"
    elif end is not None and years_after(born, RESPONSIBLE_AGE) > end:
        yield "birth", "too_young_at_release"
    elif resident is not None and resident < born:
        yield "resident_since", "residence_before_birth"


def _wish(data: Mapping[str, Any]) -> Wrong:
    wants, purpose = data.get("wants_loan"), data.get("purpose")
    if wants:
        for field in ("purpose", "amount"):
            if data.get(field) is None:
                yield field, "required_for_loan"
        if purpose == "training" and data.get("study_months") is None:
            yield "study_months", "required_for_training"
        if purpose == "production" and data.get("study_months") is not None:
            yield "study_months", "only_for_training"
    elif wants is not None:
        for field in ("purpose", "amount", "study_months"):
            if data.get(field) is not None:
                yield field, "only_with_loan"
