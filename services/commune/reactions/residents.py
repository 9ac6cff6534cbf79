"""What the committee does when the police say something of a person: it keeps its picture of them."""

from uuid import UUID

from services.commune.application import resident_id
from services.commune.resident import Resident, Who
from shared.log.application import UnitOfWork
from shared.messaging.reactions import HeardEvent


def describe_resident(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    """Of a release, its correction, or a residence (which leaves out the ground)."""
    _resident(work, heard, person_id).describe(
        work.now,
        Who(heard.hearer, person_id),
        heard.contract.name,
        heard.data["particulars"],
        heard.get("ground"),
        heard.day("resident_since"),
    )


def retract_resident(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    _resident(work, heard, person_id).retract(
        work.now, Who(heard.hearer, person_id), heard.contract.name, heard.data["reason"]
    )


def move_resident(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    """Only the committee of the new commune is told who the person is; so the person comes, else goes."""
    resident, who = _resident(work, heard, person_id), Who(heard.hearer, person_id)
    because, moved_on = heard.contract.name, heard.day("transferred_on")
    if "particulars" in heard.data:
        data = heard.data
        resident.arrive(work.now, who, because, data["particulars"], data["ground"], moved_on)
    else:
        resident.move_away(work.now, who, because, heard.data["to_commune"], moved_on)


def _resident(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> Resident:
    return work.get_or_new(Resident, resident_id(heard.hearer, person_id))
