"""Use cases about one released person.

Each function that is given a command raises NotFound for a case of another office, StaleVersion, NotManagedHere,
and what it names. `same` finds a resident case that is the same person (views.persons.same_person).
"""

from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid4

import msgspec

from services.police.application.entries import review_entries, withdraw_all
from services.police.facts import Case, Conduct, Need, Particulars, Registration, Release
from services.police.person import ReleasedPerson, Standing
from services.police.refusals import AlreadyRegistered, MoveNotPossible, NotOurCommune
from shared.agreement.acting import Command
from shared.agreement.errors import NotFound
from shared.agreement.parties import Agency, Agreement, Party
from shared.log.application import UnitOfWork, natural_id
from shared.log.clock import local_day

Same = Callable[[Particulars, Release], UUID | None]


def case_key(office: str, person_id: UUID) -> UUID:
    """The aggregate id of a person's case at an office."""
    return natural_id("person", office, person_id)


def find_person(work: UnitOfWork, person_id: UUID) -> ReleasedPerson | None:
    """The acting office's case, whatever its standing."""
    return work.find(ReleasedPerson, case_key(work.party, person_id))


def get_person(work: UnitOfWork, person_id: UUID, expected_version: int | None = None) -> ReleasedPerson:
    """Raises NotFound also for another office's case, and StaleVersion."""
    person = find_person(work, person_id)
    if person is None or person.standing is Standing.SHELL:
        raise NotFound("person", person_id)
    return work.get(ReleasedPerson, person.id, expected_version)


def register_person(work: UnitOfWork, office: Party, told: Registration, same: Same) -> ReleasedPerson:
    """Raises NotOurCommune, AlreadyRegistered."""
    if told.commune != office.commune:
        raise NotOurCommune(told.commune, office.commune or "")
    known = same(told.particulars, told.release)
    if known is not None:
        raise AlreadyRegistered(known)
    case = Case(office.code, told.commune, uuid4())
    person = work.add(ReleasedPerson(case_key(case.office, case.person_id)))
    person.register(work.now, case, told)
    return person


def correct_release(
    work: UnitOfWork,
    command: Command,
    person_id: UUID,
    particulars: Particulars,
    release: Release,
    resident_since: date,
    same: Same,
) -> ReleasedPerson:
    """Raises AlreadyRegistered when the right facts are another case's."""
    person = _load(work, command, person_id)
    _refuse_another(person, same(particulars, release))
    person.correct(work.now, particulars, release, resident_since)
    review_entries(work, person)
    return person


def retract_release(work: UnitOfWork, command: Command, person_id: UUID, reason: str) -> ReleasedPerson:
    """Raises LoanStands."""
    person = _load(work, command, person_id)
    person.retract(work.now, reason)
    review_entries(work, person)
    return person


def register_residence(
    work: UnitOfWork, command: Command, person_id: UUID, hamlet: str, resident_since: date
) -> ReleasedPerson:
    person = _load(work, command, person_id)
    person.register_residence(work.now, hamlet, resident_since)
    review_entries(work, person)
    return person


def fill_identity_number(
    work: UnitOfWork, command: Command, person_id: UUID, number: str, same: Same
) -> ReleasedPerson:
    """Raises IdentityNumberKnown, AlreadyRegistered when it is another case's."""
    person = _load(work, command, person_id)
    numbered = msgspec.structs.replace(person.particulars, identity_number=number)
    _refuse_another(person, same(numbered, person.release))
    person.fill_identity_number(work.now, number)
    return person


def survey_need(work: UnitOfWork, command: Command, person_id: UUID, need: Need) -> ReleasedPerson:
    """No wish any more takes pending entries back; another amount or purpose waits for the next list."""
    person = _load(work, command, person_id)
    person.survey_need(work.now, need)
    review_entries(work, person)
    return person


def assess_conduct(work: UnitOfWork, command: Command, person_id: UUID, conduct: Conduct) -> ReleasedPerson:
    person = _load(work, command, person_id)
    person.assess_conduct(work.now, conduct)
    review_entries(work, person)
    return person


def write_note(work: UnitOfWork, command: Command, person_id: UUID, note: str | None) -> ReleasedPerson:
    person = _load(work, command, person_id)
    person.write_note(work.now, note)
    return person


def transfer_person(
    work: UnitOfWork, command: Command, agreement: Agreement, person_id: UUID, to_commune: str, on: date
) -> ReleasedPerson:
    """Hand the case over; pending entries are taken back. Raises MoveNotPossible."""
    person = _load(work, command, person_id)
    if agreement.office(Agency.POLICE, to_commune, on) is None:
        raise MoveNotPossible(to_commune, on, person.resident_since, local_day(work.now))
    pending_at_bank = withdraw_all(work, person, "moved")
    person.transfer(work.now, to_commune, on, pending_at_bank=pending_at_bank)
    return person


def _load(work: UnitOfWork, command: Command, person_id: UUID) -> ReleasedPerson:
    return get_person(work, person_id, command.expected_version)


def _refuse_another(person: ReleasedPerson, same: UUID | None) -> None:
    if same is not None and same != person.case.person_id:
        raise AlreadyRegistered(same)
