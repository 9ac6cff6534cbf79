"""What may be asked of the commune service, checked by itself: one schema for HTTP and forms."""

from typing import Any

import marshmallow as ma

from shared.agreement.errors import FieldMessage
from shared.contracts.base import Strict, code, day
from shared.contracts.commune import RETURN_REASONS, STRIKE_REASONS
from shared.sheets.text import clean

MOST_OBJECTIONS = 500
NOTE_LENGTH = 1000


class _Text(ma.fields.String):
    """NFC text without invisible characters or needless blanks."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return clean(super()._deserialize(value, attr, data, **kwargs))


def _text(most: int) -> ma.fields.String:
    return _Text(required=True, validate=ma.validate.Length(1, most))


def _note() -> ma.fields.String:
    return _Text(load_default=None, allow_none=True, validate=ma.validate.Length(1, NOTE_LENGTH))


class DecideEntrySchema(Strict):
    """`reason` is given when, and only when, the entry is struck. `note` never leaves the office."""

    decision = code("confirmed", "struck")
    reason = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.OneOf(STRIKE_REASONS))
    note = _note()

    @ma.validates_schema
    def _reason_fits(self, data: dict[str, Any], **_: Any) -> None:
        if data["decision"] == "struck" and data["reason"] is None:
            message = FieldMessage(
                "reason_missing",
                f"Gạch tên phải có lý do, một trong: {', '.join(STRIKE_REASONS)}.",
                f"Striking an entry needs a reason, one of: {', '.join(STRIKE_REASONS)}.",
            )
            raise ma.ValidationError(message, "reason")
        if data["decision"] == "confirmed" and data["reason"] is not None:
            message = FieldMessage(
                "reason_unwanted",
                "Xác nhận thì để trống lý do.",
                "A confirmed entry has no reason.",
            )
            raise ma.ValidationError(message, "reason")


class ConfirmListSchema(Strict):
    """Number and date of the committee's document, as the clerk gave them."""

    document_no = _text(60)
    document_on = day()


class ObjectionSchema(Strict):
    """`entry_id`: the entry that is wrong; left out when the whole list is."""

    reason = code(*RETURN_REASONS)
    entry_id = ma.fields.UUID(load_default=None, allow_none=True)


class ReturnListSchema(Strict):
    """`note` never leaves the office: the police get the codes."""

    objections = ma.fields.List(
        ma.fields.Nested(ObjectionSchema), required=True, validate=ma.validate.Length(1, MOST_OBJECTIONS)
    )
    note = _note()


class NoteSchema(Strict):
    """A note on a resident; it replaces the one before and never leaves the office."""

    note = _text(NOTE_LENGTH)
