"""What the commune police record of a released person's case.

Those that are published carry all that is said; conduct, wishes and notes are private and stay here. Which
entries are pending and which loans stand is known from our own lists and from what the bank tells.
"""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from services.police.facts import Case, Conduct, Need, Particulars, Purpose, Release
from shared.log.events import Event

Outcome = Literal["withdrawn", "ended", "dropped", "struck", "rejected", "refused", "approved"]
"""How an entry ceased to be pending; `dropped`: left out when a returned list was drafted anew."""

LoanState = Literal["approved", "open", "settled"]


class OfPerson(Event, frozen=True, kw_only=True):
    case: Case


class PersonRegistered(OfPerson, frozen=True, kw_only=True):
    TOPIC = "police/person.registered"
    VERSION = 2
    particulars: Particulars
    release: Release
    resident_since: date

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Version 1 knew only whole days of birth, under another name, and no conditional releases."""
        state["particulars"]["birth"] = state["particulars"].pop("born_on")
        state["release"]["probation_ends_on"] = None


class PersonReceived(OfPerson, frozen=True, kw_only=True):
    """Another office handed the case over. The hamlet in `particulars` is still the old one."""

    TOPIC = "police/person.received"
    sender: str
    particulars: Particulars
    release: Release
    received_on: date


class ReleaseCorrected(OfPerson, frozen=True, kw_only=True):
    TOPIC = "police/person.release_corrected"
    particulars: Particulars
    release: Release
    resident_since: date


class ReleaseRetracted(OfPerson, frozen=True, kw_only=True):
    """`reason`: a code of RETRACTION_REASONS."""

    TOPIC = "police/person.release_retracted"
    reason: str


class ResidenceRegistered(OfPerson, frozen=True, kw_only=True):
    """Where in the commune the person lives, or the identity number that was missing, became known."""

    TOPIC = "police/person.residence_registered"
    particulars: Particulars
    resident_since: date


class NeedSurveyed(OfPerson, frozen=True, kw_only=True):
    TOPIC = "police/person.need_surveyed"
    need: Need


class ConductAssessed(OfPerson, frozen=True, kw_only=True):
    TOPIC = "police/person.conduct_assessed"
    conduct: Conduct


class NoteWritten(OfPerson, frozen=True, kw_only=True):
    TOPIC = "police/person.note_written"
    note: str | None


class EntryListed(OfPerson, frozen=True, kw_only=True):
    TOPIC = "police/person.entry_listed"
    entry_id: UUID
    list_id: UUID
    purpose: Purpose


class EntryClosed(OfPerson, frozen=True, kw_only=True):
    TOPIC = "police/person.entry_closed"
    entry_id: UUID
    outcome: Outcome


class LoanNoted(OfPerson, frozen=True, kw_only=True):
    """What the bank tells of a loan. `purpose` is None where the office never heard of its approval."""

    TOPIC = "police/person.loan_noted"
    loan_id: UUID
    purpose: Purpose | None
    state: LoanState


class PersonTransferred(OfPerson, frozen=True, kw_only=True):
    """`bank_concerned`: whether an entry was pending at the bank, or a loan approved or open."""

    TOPIC = "police/person.transferred"
    to_commune: str
    transferred_on: date
    particulars: Particulars
    release: Release
    bank_concerned: bool
