"""A person who moves more than once: the days of the moves tell everybody the same."""

from datetime import date
from pathlib import Path

import pytest

from services.police.application import persons
from services.police.refusals import MoveNotPossible
from shared.agreement.parties import Agency
from tests.unit.bank_office import Office as Bank
from tests.unit.bank_office import listed, transferred
from tests.unit.police_office import AGREEMENT, COMMUNE, OTHER_COMMUNE, OTHER_POLICE, Office


def hand_over(office: Office, person_id: object, on: date) -> None:
    office.do(persons.transfer_person, AGREEMENT, person_id, OTHER_COMMUNE, on)


def test_a_case_is_not_handed_over_again_on_the_day_on_which_it_came_back(tmp_path: Path) -> None:
    office = Office(tmp_path)
    person_id = office.register()
    hand_over(office, person_id, date(2026, 2, 20))
    back = office.told(OTHER_POLICE)[0][1] | {
        "commune": OTHER_COMMUNE,
        "to_commune": COMMUNE,
        "transferred_on": "2026-03-01",
    }
    office.hear(Agency.POLICE, "ResidenceTransferred", back, person_id, publisher=OTHER_POLICE.code)
    with pytest.raises(MoveNotPossible) as refused:
        hand_over(office, person_id, date(2026, 3, 1))
    assert refused.value.facts["earliest"] == "2026-03-02"
    hand_over(office, person_id, date(2026, 3, 2))
    assert office.person(person_id).moved_to == OTHER_COMMUNE


@pytest.mark.parametrize("later_first", [False, True])
def test_of_two_moves_told_by_two_police_offices_the_later_one_counts_at_the_bank(
    tmp_path: Path, later_first: bool
) -> None:
    bank, entry = Bank(tmp_path), listed()
    moves = [
        transferred(entry, "99902") | {"transferred_on": "2026-04-20"},
        transferred(entry, "99903") | {"commune": "99902", "transferred_on": "2026-05-04"},
    ]
    for move in reversed(moves) if later_first else moves:
        bank.hear("ResidenceTransferred", move)
    person = bank.person(entry)
    assert (person.moved_to, person.moved_on) == ("99903", date(2026, 5, 4))
