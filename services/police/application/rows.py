"""One row of a workbook: a new person, a known one, or a known one about whom something changed.

Officers bring the same workbook every month. What may change from month to month is taken over, each change an
event of its own; what may not is a correction and wants a decision of its own.
"""

from datetime import date
from typing import Literal
from uuid import UUID

from services.police.application.entries import review_entries
from services.police.application.persons import Same, get_person, register_person
from services.police.facts import Registration
from services.police.person import ReleasedPerson
from services.police.refusals import AlreadyRegistered, NeedsCorrection, NotOurCommune
from shared.agreement.parties import Party
from shared.log.application import UnitOfWork

Taken = Literal["accepted", "unchanged", "updated"]

_OF_PARTICULARS = ("full_name", "birth", "sex")
_OF_RELEASE = ("ground", "certificate_no", "certificate_issued_on", "completed_on", "probation_ends_on")


def take_row(work: UnitOfWork, office: Party, told: Registration, same: Same) -> tuple[Taken, UUID]:
    """What the row was and whose case it is.

    Raises NotOurCommune, NeedsCorrection when it says otherwise what only a correction may change, and
    AlreadyRegistered when its identity number is another case's.
    """
    if told.commune != office.commune:
        raise NotOurCommune(told.commune, office.commune or "")
    known = same(told.particulars, told.release)
    if known is None:
        return "accepted", register_person(work, office, told, same).case.person_id
    person = get_person(work, known)
    before = person.version
    _refuse_correction(person, told)
    _take_changes(work, person, told)
    return ("unchanged" if person.version == before else "updated"), known


def _refuse_correction(person: ReleasedPerson, told: Registration) -> None:
    different = [
        name
        for names, ours, theirs in (
            (_OF_PARTICULARS, person.particulars, told.particulars),
            (_OF_RELEASE, person.release, told.release),
        )
        for name in names
        if _written(getattr(ours, name)) != _written(getattr(theirs, name))
    ]
    if different:
        raise NeedsCorrection(person.case.person_id, different)
    ours, theirs = person.particulars.identity_number, told.particulars.identity_number
    if ours is not None and theirs is not None and ours != theirs:
        raise AlreadyRegistered(person.case.person_id)


def _written(fact: str | date | None) -> str | date | None:
    """As it is compared when persons are told apart: NGUYỄN VĂN A is Nguyễn Văn A."""
    return "".join(fact.split()).casefold() if isinstance(fact, str) else fact


def _take_changes(work: UnitOfWork, person: ReleasedPerson, told: Registration) -> None:
    number = told.particulars.identity_number
    if number is not None and person.particulars.identity_number is None:
        person.fill_identity_number(work.now, number)
    person.register_residence(work.now, told.particulars.hamlet, told.resident_since)
    person.assess_conduct(work.now, told.conduct)
    person.survey_need(work.now, told.need)
    if told.note is not None:  # an empty cell takes no note away
        person.write_note(work.now, told.note)
    review_entries(work, person)
