"""What may be asked of the bank's service, checked by itself: one schema for HTTP and forms."""

from typing import Any

import marshmallow as ma

from shared.agreement.errors import FieldMessage
from shared.contracts.bank import REFUSAL_GROUPS, REJECTION_REASONS
from shared.contracts.base import Strict, code, day, text, uuid, vnd, whole
from shared.contracts.common import PURPOSES

RELATIONS = ("self", "spouse", "parent", "child", "sibling", "other_household_member")


def _optional_whole(most: int) -> ma.fields.Integer:
    return ma.fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=ma.validate.Range(1, most)
    )


class RejectEntrySchema(Strict):
    reason = code(*REJECTION_REASONS)


class BorrowerSchema(Strict):
    """Who signs: the household's representative, or the person in person (Art. 4.1). Never told to others."""

    name = text(100)
    identity_number = ma.fields.String(required=True, validate=ma.validate.Regexp(r"^[0-9]{12}\Z"))
    relation = code(*RELATIONS)


class FileApplicationSchema(Strict):
    """Form 01/TD. `amount`: whole đồng; `study_months`: for training, and only then."""

    entry_id = uuid()
    borrower = ma.fields.Nested(BorrowerSchema, required=True)
    purpose = code(*PURPOSES)
    amount = vnd(1)
    term_months = whole(1, 600)
    study_months = _optional_whole(72)

    @ma.validates_schema
    def _study_fits_purpose(self, data: dict[str, Any], **_: Any) -> None:
        if (data["purpose"] == "training") != (data["study_months"] is not None):
            message = FieldMessage(
                "study_months_misplaced",
                "Số tháng học phải có khi vay đào tạo nghề và chỉ khi đó.",
                "The months of study are given for training, and only then.",
            )
            raise ma.ValidationError(message, "study_months")


class RecordLookupSchema(Strict):
    """The officer's look-up of other debt with the same purpose (Art. 3.3): `none` or `found`."""

    looked_up_on = day()
    person = code("none", "found")
    borrower = code("none", "found")


class ProposeDecisionSchema(Strict):
    """To approve (`amount`, `term_months`: null for what was applied for) or to refuse, with its grounds."""

    decision = code("approve", "refuse")
    amount = _optional_whole(10**13)
    term_months = _optional_whole(600)
    grounds = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.OneOf(REFUSAL_GROUPS))

    @ma.validates_schema
    def _fits_decision(self, data: dict[str, Any], **_: Any) -> None:
        refusing = data["decision"] == "refuse"
        if refusing != (data["grounds"] is not None):
            message = FieldMessage(
                "grounds_misplaced",
                "Căn cứ từ chối phải có khi đề xuất từ chối và chỉ khi đó.",
                "Grounds are given with a proposal to refuse, and only then.",
            )
            raise ma.ValidationError(message, "grounds")
        for name in ("amount", "term_months"):
            if refusing and data[name] is not None:
                message = FieldMessage(
                    "terms_unwanted",
                    "Đề xuất từ chối không có số tiền và thời hạn.",
                    "A proposal to refuse has neither amount nor term.",
                )
                raise ma.ValidationError(message, name)


class ApproveLoanSchema(Strict):
    """`document_no`: of the notice of approval (form 04/TD)."""

    document_no = text(60)


class RefuseLoanSchema(Strict):
    grounds = code(*REFUSAL_GROUPS)


class PrepareTrancheSchema(Strict):
    amount = vnd(1)


class ConfirmTrancheSchema(Strict):
    disbursed_on = day()


class PostReceiptSchema(Strict):
    """Whole đồng of principal and of interest, under one receipt."""

    principal = vnd()
    interest = vnd()
    receipt_no = text(60)
    paid_on = day()


class ReverseReceiptSchema(Strict):
    """Nothing more to say: the whole receipt is taken back."""


class OwedQuerySchema(Strict):
    """`on`: a local day, today where it is left out."""

    on = ma.fields.Date()
