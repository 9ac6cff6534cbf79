"""Finding what a command is about. Another office's aggregates are not found; a parked case is refused."""

from uuid import UUID

from services.bank.entry import Claim
from services.bank.listed_person import ListedPerson
from services.bank.loan import Loan
from services.bank.received_list import ReceivedList
from shared.agreement.acting import Command
from shared.agreement.errors import NotFound, StaleVersion
from shared.log.application import UnitOfWork, natural_id
from shared.messaging.parking import refuse_if_parked


def list_id_here(office: str, list_id: UUID) -> UUID:
    return natural_id("received-list", office, list_id)


def person_id_here(office: str, person_id: UUID) -> UUID:
    return natural_id("listed-person", office, person_id)


def loan_id_of(office: str, entry_id: UUID) -> UUID:
    """An entry leads to one loan at most."""
    return natural_id("loan", office, entry_id)


def received_list(work: UnitOfWork, list_id: UUID) -> ReceivedList:
    """Raises NotFound."""
    return work.get(ReceivedList, list_id_here(work.party, list_id))


def listed_person(work: UnitOfWork, person_id: UUID) -> ListedPerson:
    """Raises NotFound."""
    return work.get(ListedPerson, person_id_here(work.party, person_id))


def loan(work: UnitOfWork, loan_id: UUID) -> Loan:
    """Raises NotFound, also for another office's loan, so that nobody learns that there is one."""
    found = work.find(Loan, loan_id)
    if found is None or found.office != work.party:
        raise NotFound("loan", loan_id)
    return found


def loan_to_decide(work: UnitOfWork, command: Command, loan_id: UUID) -> tuple[Loan, Claim]:
    """The loan and the entry it rests on, as it stands now.

    Raises NotFound, StaleVersion, Parked.
    """
    found = loan(work, loan_id)
    expected = command.expected_version
    if expected is not None and expected != found.version:
        raise StaleVersion(expected, found.version)
    refuse_if_parked(work, work.party, found.person_id)
    return found, listed_person(work, found.person_id).claim(found.entry_id)
