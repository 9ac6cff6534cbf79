"""Use cases: load, decide; whoever called saves."""

from uuid import UUID

from shared.log.application import natural_id


def list_check_id(office: str, list_id: UUID) -> UUID:
    """A committee's own aggregate of a list: another committee's has another id, so it cannot be reached."""
    return natural_id("list_check", office, list_id)


def resident_id(office: str, person_id: UUID) -> UUID:
    return natural_id("resident", office, person_id)
