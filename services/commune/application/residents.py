"""What a committee keeps of its own about a resident."""

from uuid import UUID

from services.commune.application import resident_id
from services.commune.resident import Resident
from shared.agreement.acting import Command
from shared.log.application import UnitOfWork


def note_resident(work: UnitOfWork, command: Command, person_id: UUID, note: str) -> Resident:
    """Raises NotFound for somebody this office never heard of, StaleVersion."""
    resident = work.get(Resident, resident_id(command.user.office, person_id), command.expected_version)
    resident.write_note(work.now, note, command.user.username)
    return resident
