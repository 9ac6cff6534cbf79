"""Refusals that a person reads: what was refused, by which rule, from which facts.

Every refusal is an exception of its own small class. `rule` names the article it rests on, `facts` the
figures that were compared; `message_vi` and `message_en` are sentences for the user.
"""

from typing import ClassVar, Self
from uuid import UUID

import msgspec

Fact = str | int | bool | None


class DomainError(Exception):
    """Base of all refusals. `code` is stable and published; `status` is the HTTP status it is shown with."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, message_vi: str, message_en: str, *, rule: str | None = None, **facts: Fact) -> None:
        super().__init__(message_en)
        self.message_vi = message_vi
        self.message_en = message_en
        self.rule = rule
        self.facts = facts


class Refused(DomainError):
    """A rule of the law or of the agreement says no."""


class Forbidden(DomainError):
    """This user may not do this."""

    code = "forbidden"
    status = 403


_THINGS = {
    "case": "hồ sơ",
    "channel": "kênh",
    "entry": "dòng danh sách",
    "Form 01": "Mẫu số 01 của danh sách",
    "item": "mục",
    "list": "danh sách",
    "loan": "khoản vay",
    "office": "đơn vị",
    "parked case": "hồ sơ đang chờ",
    "person": "hồ sơ người",
}


class NotFound(DomainError):
    """`what`: one of the things users know, in English; also said of what is another office's."""

    code = "not_found"
    status = 404

    def __init__(self, what: str, id: UUID | str) -> None:
        super().__init__(
            f"Không tìm thấy {_THINGS[what]} {id}.", f"There is no {what} {id}.", what=what, id=str(id)
        )


class StaleVersion(DomainError):
    code = "stale_version"
    status = 412

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(
            f"Bạn đang xem phiên bản {expected}, nay đã là phiên bản {actual}. Hãy tải lại.",
            f"You looked at version {expected}; it is now version {actual}. Load it again.",
            expected=expected,
            actual=actual,
        )


class KeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Khóa Idempotency-Key «{key}» đã dùng cho một yêu cầu khác.",
            f"The Idempotency-Key “{key}” was used for another request.",
            key=key,
        )


class Parked(DomainError):
    """The case waits for a person to look at an event that could not be acted on."""

    code = "case_parked"

    def __init__(self, case: UUID) -> None:
        super().__init__(
            f"Hồ sơ {case} đang tạm dừng chờ xử lý một thông báo lỗi; chưa được quyết định về tiền.",
            f"Case {case} is parked until somebody deals with a faulty event; no decision on money is taken.",
            case=str(case),
        )


class Unavailable(DomainError):
    """Not now: the same request may succeed after `retry_after` seconds."""

    code = "unavailable"
    status = 503

    def __init__(self, message_vi: str, message_en: str, *, retry_after: int = 5, **facts: Fact) -> None:
        super().__init__(message_vi, message_en, rule=None, **facts)
        self.retry_after = retry_after


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field. `pointer`: JSON pointer into the body ("/entries/0/amount"), or a name."""

    pointer: str
    code: str
    message_vi: str
    message_en: str


class InvalidInput(DomainError):
    """The request is understood but what it says cannot be; every wrong field is named."""

    code = "invalid_input"
    status = 422

    def __init__(self, first: FieldError, *more: FieldError) -> None:
        errors, place = (first, *more), first.pointer or "/"
        super().__init__(
            f"Có {len(errors)} chỗ chưa hợp lệ; {place}: {first.message_vi}",
            f"{len(errors)} fields are not valid; {place}: {first.message_en}",
        )
        self.errors = errors


class FieldMessage(str):
    """A marshmallow message with its code and its English; the string itself is the Vietnamese.

    For rules of our own: `raise ValidationError(FieldMessage("not_whole", "Phải là số nguyên.", "…"))`.
    """

    code: str
    en: str

    def __new__(cls, code: str, vi: str, en: str) -> Self:
        message = super().__new__(cls, vi)
        message.code, message.en = code, en
        return message
