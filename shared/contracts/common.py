"""Parts that events of more than one agency have in common."""

import marshmallow as ma

from shared.agreement.parties import Agency
from shared.contracts.base import Contract, Strict, To, code, day, sha256, text, uuid, vnd, whole
from shared.contracts.hashing import content_hash

PURPOSES = ("training", "production")
GROUNDS = ("sentence_completed", "amnesty", "conditional_release")

CASE = "3f0d4a52-6a1e-4b7e-9d55-0f6d0c1b7a01"
ENTRY = "8a5c8f0e-2d37-4c6b-8f43-51f0f1f8a002"
LIST = "5b9f6a0e-96c4-5b7e-8a51-0d3a6f1c7003"
LOAN = "c7f1f9be-7d0b-4f6e-9b1a-64f0c9f3b004"
PARTICULARS = {
    "full_name": "Nguyễn Văn Giả Định",
    "birth": "1985-03-02",
    "sex": "male",
    "identity_number": "999085000123",
    "hamlet": "Thôn Một",
}


class Particulars(Strict):
    """Who a person is. Nested in the events that need it, and nowhere else. `birth`: a date, or a year alone."""

    full_name = text(100)
    birth = ma.fields.String(required=True, validate=ma.validate.Regexp(r"^[0-9]{4}(-[0-9]{2}-[0-9]{2})?\Z"))
    sex = code("male", "female")
    identity_number = ma.fields.String(
        required=True, allow_none=True, validate=ma.validate.Regexp(r"^[0-9]{12}\Z")
    )
    hamlet = text(100)


class Entry(Strict):
    """A line of Form 01: exactly what both commune and bank may see. `salt`: 16 random bytes in hex."""

    entry_id = uuid()
    person_id = uuid()
    salt = ma.fields.String(required=True, validate=ma.validate.Regexp(r"^[0-9a-f]{32}\Z"))
    particulars = ma.fields.Nested(Particulars, required=True)
    ground = code(*GROUNDS)
    certificate_no = ma.fields.String(
        required=True, allow_none=True, validate=ma.validate.Length(min=1, max=60)
    )
    certificate_issued_on = day(allow_none=True)
    completed_on = day()
    resident_since = day()
    purpose = code(*PURPOSES)
    amount = vnd(1)
    study_months = whole(1, 72, allow_none=True)


ENTRY_EXAMPLE = {
    "entry_id": ENTRY,
    "person_id": CASE,
    "salt": "00112233445566778899aabbccddeeff",
    "particulars": PARTICULARS,
    "ground": "sentence_completed",
    "certificate_no": "0123/GCN",
    "certificate_issued_on": "2024-05-10",
    "completed_on": "2024-05-10",
    "resident_since": "2024-05-12",
    "purpose": "production",
    "amount": 50_000_000,
    "study_months": None,
}
HASH_OF_EXAMPLE = content_hash([ENTRY_EXAMPLE])


class DigestOfChannel(Strict):
    """`digest`: the chain over the channel's messages 1 … `upto`."""

    upto = whole(1)
    digest = sha256()
    day = day()


def channel_digest(publisher: Agency, *hearers: Agency) -> Contract:
    """`ChannelDigest` as said by one agency: made by the daily tick, for each channel that has something new."""
    return Contract(
        publisher,
        "ChannelDigest",
        "channel",
        DigestOfChannel,
        tuple(To(hearer, ("upto", "digest", "day")) for hearer in hearers),
        {"upto": 12, "digest": "ab" * 32, "day": "2026-03-05"},
        "What the publisher holds to have told on this channel so far; the hearer compares.",
    )
