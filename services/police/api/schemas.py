"""What may be asked of the police besides registering a person (services.police.commands).

Parts of a registration are judged by the registration's own rules: a part is the same schema with fewer fields.
"""

import marshmallow as ma

from services.police.application.entries import WITHDRAWAL_REASONS
from services.police.commands import MESSAGES, RegisterPersonSchema
from services.police.rules import MOST_ENTRIES
from shared.contracts.base import Strict, code, commune_code, day, month, text
from shared.contracts.police import RETRACTION_REASONS


class CorrectReleaseSchema(RegisterPersonSchema):
    """Everything about the person and the release as it is right; what is left out becomes empty."""

    class Meta(RegisterPersonSchema.Meta):
        fields = (
            "full_name",
            "birth",
            "sex",
            "identity_number",
            "hamlet",
            "ground",
            "certificate_no",
            "certificate_issued_on",
            "completed_on",
            "probation_ends_on",
            "resident_since",
        )


class RegisterResidenceSchema(RegisterPersonSchema):
    """Where in the commune the person lives, and since when."""

    class Meta(RegisterPersonSchema.Meta):
        fields = ("hamlet", "resident_since")


class SurveyNeedSchema(RegisterPersonSchema):
    """Whether a loan is wished for, and which. `amount`: whole đồng."""

    class Meta(RegisterPersonSchema.Meta):
        fields = ("wants_loan", "purpose", "amount", "study_months")


class AssessConductSchema(RegisterPersonSchema):
    """How the person lives here; never told to the bank."""

    class Meta(RegisterPersonSchema.Meta):
        fields = ("conduct_good", "social_evils")


class WriteNoteSchema(RegisterPersonSchema):
    """A note that replaces the one before and never leaves the office; null takes it away."""

    class Meta(RegisterPersonSchema.Meta):
        fields = ("note",)


class FillIdentityNumberSchema(Strict):
    """The number that was missing."""

    identity_number = ma.fields.String(
        required=True,
        validate=ma.validate.Regexp(r"^[0-9]{12}$(?!\n)", error=MESSAGES["bad_identity_number"]),
    )


class RetractReleaseSchema(Strict):
    """The release should never have been recorded."""

    reason = code(*RETRACTION_REASONS)


class TransferPersonSchema(Strict):
    """The person moved to another commune of the agreement."""

    to_commune = commune_code()
    transferred_on = day()


class DraftListSchema(Strict):
    """`persons`: exactly these; null or left out: everybody who wishes for a loan and is eligible."""

    persons = ma.fields.List(
        ma.fields.UUID(), load_default=None, allow_none=True, validate=ma.validate.Length(max=MOST_ENTRIES)
    )


class OpenListSchema(DraftListSchema):
    """Open a month's list where it is not open yet, and draft it."""

    month = month()


class SignListSchema(Strict):
    """Nothing is said with a signature but the signature."""


class SubmitListSchema(Strict):
    """Number and date of the office's document, as the clerk gave them."""

    document_no = text(60)
    document_on = day()


class WithdrawEntrySchema(Strict):
    """`reason` stays in the office: the others learn only that the entry was taken back."""

    reason = code(*WITHDRAWAL_REASONS)


class MonthSchema(Strict):
    """Which month's list the question is about; the next one due, when it is left out."""

    month = ma.fields.String(
        load_default=None, validate=ma.validate.Regexp(r"^20[0-9]{2}-(0[1-9]|1[0-2])$(?!\n)")
    )
