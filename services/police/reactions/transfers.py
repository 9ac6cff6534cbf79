"""A person moved to our commune: its police carry the case on."""

from uuid import UUID

import msgspec

from services.police.application.persons import case_key
from services.police.facts import Case, Particulars, Release
from services.police.person import ReleasedPerson, Standing
from shared.log.application import UnitOfWork
from shared.messaging.reactions import HeardEvent


def take_over(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    """Open the case under the same id, with what was known there; conduct and wishes are asked anew here."""
    person = work.get_or_new(ReleasedPerson, case_key(work.party, person_id))
    if person.standing is Standing.RESIDENT:
        return
    person.receive(
        heard.occurred,
        Case(work.party, heard.data["to_commune"], person_id),
        heard.publisher,
        msgspec.convert(heard.data["particulars"], Particulars),
        msgspec.convert(heard.data, Release),
        heard.day("transferred_on"),
    )
