"""What a People's Committee knows of the people who came back to its commune."""

from datetime import date
from itertools import permutations
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from services.commune.application import residents
from services.commune.resident import Facts, Presence, ResidentRecorded
from shared.agreement.errors import NotFound, StaleVersion
from shared.contracts.base import Data
from shared.contracts.common import PARTICULARS
from tests.unit.commune_office import (
    COMMUNE,
    OTHER_COMMUNE,
    OTHER_POLICE,
    POLICE,
    SPECIALIST,
    Office,
    released,
)

PERSON = uuid4()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def transfer(commune: str, to_commune: str, on: str, **more: object) -> Data:
    return {
        "person_id": str(PERSON),
        "commune": commune,
        "to_commune": to_commune,
        "transferred_on": on,
        **more,
    }


def handed_over(on: str, name: str = "Nguyễn Văn Giả Định") -> Data:
    """What the committee of the new commune is told of a transfer."""
    particulars = PARTICULARS | {"full_name": name, "hamlet": "Thôn Cũ"}
    return transfer(OTHER_COMMUNE, COMMUNE, on, particulars=particulars, ground="amnesty")


def registered(hamlet: str) -> Data:
    return {
        "person_id": str(PERSON),
        "commune": COMMUNE,
        "particulars": PARTICULARS | {"hamlet": hamlet},
        "resident_since": "2026-04-21",
    }


def test_a_released_person_is_a_resident(office: Office) -> None:
    office.hear("PersonReleased", released(PERSON))
    facts = office.resident(PERSON).facts
    assert facts.particulars == PARTICULARS
    assert (facts.ground, facts.resident_since) == ("sentence_completed", date(2024, 5, 12))
    assert facts.presence is Presence.HERE


def test_a_correction_replaces_what_was_said(office: Office) -> None:
    office.hear("PersonReleased", released(PERSON))
    right = PARTICULARS | {"full_name": "Nguyễn Thị Giả Định", "sex": "female"}
    office.hear("ReleaseCorrected", released(PERSON, particulars=right, ground="amnesty"))
    facts = office.resident(PERSON).facts
    assert (facts.particulars, facts.ground) == (right, "amnesty")


def test_a_residence_leaves_the_ground_of_release_as_it_was(office: Office) -> None:
    office.hear("PersonReleased", released(PERSON))
    office.hear("ResidenceRegistered", registered("Thôn Hai"))
    facts = office.resident(PERSON).facts
    assert facts.particulars is not None
    assert facts.particulars["hamlet"] == "Thôn Hai"
    assert facts.ground == "sentence_completed"


def test_the_same_said_twice_is_recorded_once(office: Office) -> None:
    office.hear("PersonReleased", released(PERSON))
    office.hear("ReleaseCorrected", released(PERSON))
    assert len(office.events(ResidentRecorded)) == 1


def test_a_retracted_release_is_shown_as_such(office: Office) -> None:
    office.hear("PersonReleased", released(PERSON))
    office.hear("ReleaseRetracted", {"person_id": str(PERSON), "commune": COMMUNE, "reason": "duplicate"})
    resident = office.resident(PERSON)
    assert resident.facts.presence is Presence.RETRACTED
    assert resident.facts.retracted_for == "duplicate"


def test_a_person_who_moves_away_and_comes_back_is_here(office: Office) -> None:
    office.hear("PersonReleased", released(PERSON))
    office.hear("ResidenceTransferred", transfer(COMMUNE, OTHER_COMMUNE, "2026-04-20"))
    assert office.resident(PERSON).facts.presence is Presence.MOVED_AWAY
    assert office.resident(PERSON).facts.moved_to == OTHER_COMMUNE
    office.hear("ResidenceTransferred", handed_over("2026-06-01"), publisher=OTHER_POLICE)
    assert office.resident(PERSON).facts.presence is Presence.HERE


def test_a_person_who_comes_from_elsewhere_is_known_by_what_the_former_police_said(office: Office) -> None:
    office.hear("ResidenceTransferred", handed_over("2026-04-20"), publisher=OTHER_POLICE)
    facts = office.resident(PERSON).facts
    assert facts.particulars is not None
    assert (facts.particulars["hamlet"], facts.ground) == ("Thôn Cũ", "amnesty")


def test_the_facts_are_the_same_in_whatever_order_the_channels_bring_them(tmp_path: Path) -> None:
    ours = [
        ("ResidenceRegistered", registered("Thôn Hai"), POLICE),
        ("ResidenceTransferred", transfer(COMMUNE, OTHER_COMMUNE, "2026-05-01"), POLICE),
    ]
    theirs = [
        ("ResidenceTransferred", handed_over("2026-04-20"), OTHER_POLICE),
        ("ResidenceTransferred", handed_over("2026-06-01", "Nguyễn Văn Giả Định Hai"), OTHER_POLICE),
    ]
    ends = set()
    for number, order in enumerate(permutations([*ours, *theirs])):
        if order.index(ours[0]) > order.index(ours[1]) or order.index(theirs[0]) > order.index(theirs[1]):
            continue  # the order within a channel is kept
        (tmp_path / str(number)).mkdir()
        office = Office(tmp_path / str(number))
        for name, data, publisher in order:
            office.hear(name, data, publisher=publisher)
        ends.add(msgspec.json.encode(office.resident(PERSON).facts))
    (end,) = ends
    facts = msgspec.json.decode(end, type=Facts)
    assert facts.presence is Presence.HERE
    assert facts.particulars is not None
    assert facts.particulars["hamlet"] == "Thôn Hai"
    assert facts.ground == "amnesty"


def test_of_two_hand_overs_heard_in_reverse_the_later_one_counts(office: Office) -> None:
    office.hear("ResidenceTransferred", handed_over("2026-06-01", "Người Đúng"), publisher=OTHER_POLICE)
    office.hear("ResidenceTransferred", handed_over("2026-04-20", "Người Cũ"), publisher="ca-ba")
    facts = office.resident(PERSON).facts
    assert facts.particulars is not None
    assert facts.particulars["full_name"] == "Người Đúng"


def note(office: Office, text: str, by: str = SPECIALIST.office, version: int | None = None) -> None:
    user = msgspec.structs.replace(SPECIALIST, office=by)
    office.execute(user, lambda work, command: residents.note_resident(work, command, PERSON, text), version)


def test_a_note_stays_with_its_office(office: Office) -> None:
    office.hear("PersonReleased", released(PERSON))
    note(office, "Đã gặp gia đình", version=1)
    note(office, "Đã giới thiệu việc làm")
    assert office.resident(PERSON).note == "Đã giới thiệu việc làm"
    with pytest.raises(StaleVersion):
        note(office, "Khác", version=1)
    with pytest.raises(NotFound):
        note(office, "Khác", by="ubnd-khac")
