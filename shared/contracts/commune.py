"""What the commune People's Committee publishes."""

import marshmallow as ma

from shared.agreement.parties import Agency
from shared.contracts.base import (
    Contract,
    Strict,
    To,
    code,
    commune_code,
    day,
    month,
    sha256,
    text,
    uuid,
    whole,
)
from shared.contracts.common import ENTRY, HASH_OF_EXAMPLE, LIST, channel_digest

POLICE, COMMUNE, BANK = Agency.POLICE, Agency.COMMUNE, Agency.BANK

STRIKE_REASONS = (
    "not_resident",
    "not_law_abiding",
    "social_evils",
    "no_wish",
    "wrong_particulars",
    "listed_twice",
)
RETURN_REASONS = ("wrong_particulars", "missing_document", "wrong_month", "entry_missing", "other_commune")


class Decision(Strict):
    entry_id = uuid()
    person_id = uuid()
    decision = code("confirmed", "struck")
    reason = code(*STRIKE_REASONS, allow_none=True)


class Confirmation(Strict):
    """`content_hash` is over the confirmed entries in order; `entries`: how many were confirmed."""

    list_id = uuid()
    commune = commune_code()
    month = month()
    round = whole(1, 99)
    decisions = ma.fields.List(
        ma.fields.Nested(Decision), required=True, validate=ma.validate.Length(max=500)
    )
    entries = whole(0, 500)
    content_hash = sha256()
    document_no = text(60)
    document_on = day()
    signer_name = text(100)
    signer_title = text(100)


class ReturnReason(Strict):
    """Why a list goes back: of one entry, or (`entry_id` null) of the whole list."""

    entry_id = uuid(allow_none=True)
    reason = code(*RETURN_REASONS)


class Return(Strict):
    list_id = uuid()
    commune = commune_code()
    month = month()
    round = whole(1, 99)
    reasons = ma.fields.List(
        ma.fields.Nested(ReturnReason), required=True, validate=ma.validate.Length(min=1, max=500)
    )
    returned_on = day()


CONTRACTS = (
    Contract(
        COMMUNE,
        "ListConfirmed",
        "list",
        Confirmation,
        (
            To(POLICE, tuple(Confirmation().fields)),
            To(
                BANK,
                tuple(name for name in Confirmation().fields if name != "decisions"),
                sees_cases=False,
            ),
        ),
        {
            "list_id": LIST,
            "commune": "99901",
            "month": "2026-03",
            "round": 1,
            "decisions": [
                {
                    "entry_id": ENTRY,
                    "person_id": "3f0d4a52-6a1e-4b7e-9d55-0f6d0c1b7a01",
                    "decision": "confirmed",
                    "reason": None,
                }
            ],
            "entries": 1,
            "content_hash": HASH_OF_EXAMPLE,
            "document_no": "12/XN-UBND",
            "document_on": "2026-03-03",
            "signer_name": "Lê Giả Lập",
            "signer_title": "Phó Chủ tịch UBND xã",
        },
        "The chair or vice-chair decided every entry. The bank gets number, hash and signer only.",
    ),
    Contract(
        COMMUNE,
        "ListReturned",
        "list",
        Return,
        (To(POLICE, tuple(Return().fields)),),
        {
            "list_id": LIST,
            "commune": "99901",
            "month": "2026-03",
            "round": 1,
            "reasons": [{"entry_id": ENTRY, "reason": "wrong_particulars"}],
            "returned_on": "2026-03-03",
        },
        "The list goes back to the police for correction.",
    ),
    channel_digest(COMMUNE, POLICE, BANK),
)
