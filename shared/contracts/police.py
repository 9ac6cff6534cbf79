"""What the commune police publish."""

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
    truth,
    uuid,
    whole,
)
from shared.contracts.common import (
    CASE,
    ENTRY,
    ENTRY_EXAMPLE,
    GROUNDS,
    HASH_OF_EXAMPLE,
    LIST,
    PARTICULARS,
    Entry,
    Particulars,
    channel_digest,
)

POLICE, COMMUNE, BANK = Agency.POLICE, Agency.COMMUNE, Agency.BANK

RETRACTION_REASONS = ("entered_in_error", "duplicate", "not_our_commune")
HOLDERS = ("police", "commune")


class Release(Strict):
    """A person came back. Certificate and completion stay with the police until the person is listed."""

    person_id = uuid()
    commune = commune_code()
    particulars = ma.fields.Nested(Particulars, required=True)
    ground = code(*GROUNDS)
    certificate_no = text(60, allow_none=True)
    certificate_issued_on = day(allow_none=True)
    completed_on = day(allow_none=True)
    probation_ends_on = day(allow_none=True)
    resident_since = day()


RELEASE_EXAMPLE = {
    "person_id": CASE,
    "commune": "99901",
    "particulars": PARTICULARS,
    "ground": "sentence_completed",
    "certificate_no": "0123/GCN",
    "certificate_issued_on": "2024-05-10",
    "completed_on": "2024-05-10",
    "probation_ends_on": None,
    "resident_since": "2024-05-12",
}
_SEEN_OF_A_RELEASE = ("person_id", "commune", "particulars", "ground", "resident_since")


class Retraction(Strict):
    person_id = uuid()
    commune = commune_code()
    reason = code(*RETRACTION_REASONS)


class Residence(Strict):
    person_id = uuid()
    commune = commune_code()
    particulars = ma.fields.Nested(Particulars, required=True)
    resident_since = day()


class Annex(Strict):
    """What the commune needs to check an entry and the bank must not see."""

    entry_id = uuid()
    conduct_good = truth()
    social_evils = truth()


class ListSent(Strict):
    """`round`: 1 the first time the month's list is sent, one more after each return."""

    list_id = uuid()
    commune = commune_code()
    month = month()
    round = whole(1, 99)
    entries = ma.fields.List(ma.fields.Nested(Entry), required=True, validate=ma.validate.Length(max=500))
    annex = ma.fields.List(ma.fields.Nested(Annex), required=True, validate=ma.validate.Length(max=500))


class ListHandedOver(Strict):
    """The confirmed entries in order; `content_hash` is over exactly these (shared.contracts.hashing)."""

    list_id = uuid()
    commune = commune_code()
    month = month()
    round = whole(1, 99)
    entries = ma.fields.List(ma.fields.Nested(Entry), required=True, validate=ma.validate.Length(max=500))
    content_hash = sha256()
    document_no = text(60)
    document_on = day()
    signer_name = text(100)
    signer_title = text(100)


class Overdue(Strict):
    """Lateness counts against the office that holds the list."""

    list_id = uuid()
    commune = commune_code()
    month = month()
    due_on = day()
    holder = code(*HOLDERS)
    held_since = day()


class EntryEnded(Strict):
    """An entry no longer counts. One shape, no reason: why is not the others' concern."""

    list_id = uuid()
    entry_id = uuid()
    person_id = uuid()
    commune = commune_code()
    ended_on = day()


class EntryCorrected(Strict):
    list_id = uuid()
    commune = commune_code()
    entry = ma.fields.Nested(Entry, required=True)


class Transfer(Strict):
    """A person moved. The receiving police get what they need to carry the case on."""

    person_id = uuid()
    commune = commune_code()
    to_commune = commune_code()
    transferred_on = day()
    particulars = ma.fields.Nested(Particulars, required=True)
    ground = code(*GROUNDS)
    certificate_no = text(60, allow_none=True)
    certificate_issued_on = day(allow_none=True)
    completed_on = day(allow_none=True)
    probation_ends_on = day(allow_none=True)


_ENDED = ("list_id", "entry_id", "person_id", "commune", "ended_on")
_ENDED_EXAMPLE = {
    "list_id": LIST,
    "entry_id": ENTRY,
    "person_id": CASE,
    "commune": "99901",
    "ended_on": "2026-03-09",
}
_HANDED_OVER = tuple(ListHandedOver().fields)

CONTRACTS = (
    Contract(
        POLICE,
        "PersonReleased",
        "case",
        Release,
        (To(COMMUNE, _SEEN_OF_A_RELEASE),),
        RELEASE_EXAMPLE,
        "A person who served a sentence came back to live in the commune.",
    ),
    Contract(
        POLICE,
        "ReleaseCorrected",
        "case",
        Release,
        (To(COMMUNE, _SEEN_OF_A_RELEASE),),
        RELEASE_EXAMPLE,
        "What was said of a release was wrong; this is right.",
    ),
    Contract(
        POLICE,
        "ReleaseRetracted",
        "case",
        Retraction,
        (To(COMMUNE, ("person_id", "commune", "reason")),),
        {"person_id": CASE, "commune": "99901", "reason": "duplicate"},
        "A release should never have been recorded.",
    ),
    Contract(
        POLICE,
        "ResidenceRegistered",
        "case",
        Residence,
        (To(COMMUNE, ("person_id", "commune", "particulars", "resident_since")),),
        {"person_id": CASE, "commune": "99901", "particulars": PARTICULARS, "resident_since": "2024-05-12"},
        "Where in the commune a person lives, or an identity number that was missing, became known.",
    ),
    Contract(
        POLICE,
        "ResidenceTransferred",
        "case",
        Transfer,
        (
            To(COMMUNE, ("person_id", "commune", "to_commune", "transferred_on")),
            To(
                COMMUNE,
                ("person_id", "commune", "to_commune", "transferred_on", "particulars", "ground"),
                commune="to_commune",
            ),
            To(POLICE, tuple(Transfer().fields), commune="to_commune"),
            To(BANK, ("person_id", "commune", "to_commune", "transferred_on"), only_if="bank_concerned"),
        ),
        {
            "person_id": CASE,
            "commune": "99901",
            "to_commune": "99902",
            "transferred_on": "2026-04-20",
            "particulars": PARTICULARS,
            "ground": "sentence_completed",
            "certificate_no": "0123/GCN",
            "certificate_issued_on": "2024-05-10",
            "completed_on": "2024-05-10",
            "probation_ends_on": None,
        },
        "A person moved to another commune; its police carry the case on. The bank hears of it only with an "
        "entry pending or a loan open.",
        flags=("bank_concerned",),
    ),
    Contract(
        POLICE,
        "ListSentForConfirmation",
        "list",
        ListSent,
        (To(COMMUNE, tuple(ListSent().fields)),),
        {
            "list_id": LIST,
            "commune": "99901",
            "month": "2026-03",
            "round": 1,
            "entries": [ENTRY_EXAMPLE],
            "annex": [{"entry_id": ENTRY, "conduct_good": True, "social_evils": False}],
        },
        "The chief signed the month's list; the commune checks it entry by entry.",
    ),
    Contract(
        POLICE,
        "ListSubmitted",
        "list",
        ListHandedOver,
        (To(COMMUNE, _HANDED_OVER), To(BANK, _HANDED_OVER)),
        {
            "list_id": LIST,
            "commune": "99901",
            "month": "2026-03",
            "round": 1,
            "entries": [ENTRY_EXAMPLE],
            "content_hash": HASH_OF_EXAMPLE,
            "document_no": "03/DS-CAX",
            "document_on": "2026-03-04",
            "signer_name": "Trần Giả Lập",
            "signer_title": "Trưởng Công an xã",
        },
        "The confirmed list is handed to the bank; a nil list is a list.",
    ),
    Contract(
        POLICE,
        "ListOverdue",
        "list",
        Overdue,
        (
            To(COMMUNE, tuple(Overdue().fields)),
            To(BANK, tuple(Overdue().fields)),
        ),
        {
            "list_id": LIST,
            "commune": "99901",
            "month": "2026-03",
            "due_on": "2026-03-05",
            "holder": "commune",
            "held_since": "2026-03-03",
        },
        "The 5th passed without the month's list; says which office holds it and since when.",
    ),
    Contract(
        POLICE,
        "ListEntryWithdrawn",
        "list",
        EntryEnded,
        (To(COMMUNE, _ENDED), To(BANK, _ENDED, only_if="submitted")),
        _ENDED_EXAMPLE,
        "An entry is taken back, before or after the list went to the bank.",
        flags=("submitted",),
    ),
    Contract(
        POLICE,
        "EligibilityEnded",
        "list",
        EntryEnded,
        (To(BANK, _ENDED),),
        _ENDED_EXAMPLE,
        "The person of a pending entry is no longer eligible. Never why.",
    ),
    Contract(
        POLICE,
        "ListEntryCorrected",
        "list",
        EntryCorrected,
        (
            To(COMMUNE, ("list_id", "commune", "entry")),
            To(BANK, ("list_id", "commune", "entry"), only_if="submitted"),
        ),
        {"list_id": LIST, "commune": "99901", "entry": ENTRY_EXAMPLE},
        "A pending entry's facts were wrong; this is right.",
        flags=("submitted",),
    ),
    channel_digest(POLICE, POLICE, COMMUNE, BANK),
)
