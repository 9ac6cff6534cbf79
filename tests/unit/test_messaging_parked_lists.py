"""A list is acted on entry by entry, so one bad entry parks one person; and no entry overtakes its list."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.agreement.parties import Agency
from shared.messaging.reactions import Reaction
from tests.support.kernel import (
    UBND_DONG,
    Hearer,
)
from tests.support.peers import Peers, codes, parked_keys, peers, persons

LIST = UUID(int=0x11)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Peers]:
    with peers(tmp_path) as pair:
        yield pair


@pytest.fixture
def hearer(office: Peers) -> Hearer:
    return office.hearer


def test_a_list_with_one_bad_entry_parks_that_person_only(office: Peers, hearer: Hearer) -> None:
    one, bad, two = persons(3)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(office.send_list(LIST, one, bad, two))
    assert parked_keys(hearer) == {bad}
    assert hearer.did(LIST) == hearer.did(one) == hearer.did(two) == ["ListSentForConfirmation"]
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    assert hearer.did(bad) == ["ListSentForConfirmation"]
    assert len(hearer.steps(LIST)) == 1


def test_several_bad_entries_are_each_parked(office: Peers, hearer: Hearer) -> None:
    bad = persons(3)
    good = persons(2)
    hearer.scribe.failing = {person: KeyError() for person in bad}
    hearer.hear(office.send_list(LIST, bad[0], good[0], bad[1], good[1], bad[2]))
    assert parked_keys(hearer) == set(bad)
    assert [hearer.waiting(person) for person in bad] == [1, 1, 1]
    assert hearer.did(good[0]) == hearer.did(good[1]) == ["ListSentForConfirmation"]


def test_a_failure_about_the_list_as_a_whole_makes_its_entries_wait(office: Peers, hearer: Hearer) -> None:
    one, two = persons(2)
    other = uuid4()
    hearer.scribe.failing[LIST] = KeyError()
    hearer.hear(office.send_list(LIST, one, two), *office.release(other))
    assert parked_keys(hearer) == {LIST, one, two}
    assert hearer.did(one) == hearer.did(two) == []
    assert hearer.did(other) == ["PersonReleased"]


def test_when_the_list_is_retried_its_entries_follow(office: Peers, hearer: Hearer) -> None:
    one, two = persons(2)
    hearer.scribe.failing[LIST] = KeyError()
    hearer.hear(office.send_list(LIST, one, two), *office.release(one))
    hearer.scribe.failing.clear()
    hearer.retry(LIST)
    assert parked_keys(hearer) == set()
    assert hearer.did(LIST) == hearer.did(two) == ["ListSentForConfirmation"]
    assert hearer.did(one) == ["ListSentForConfirmation", "PersonReleased"]


def test_an_entry_cannot_overtake_its_list(office: Peers, hearer: Hearer) -> None:
    one, two = persons(2)
    hearer.scribe.failing[LIST] = KeyError()
    hearer.hear(office.send_list(LIST, one, two))
    hearer.scribe.failing.clear()
    hearer.retry(one)
    assert hearer.did(one) == []
    assert codes(hearer)[-1] == "waits"
    hearer.retry(LIST)
    assert hearer.did(one) == hearer.did(two) == ["ListSentForConfirmation"]
    assert parked_keys(hearer) == set()


def test_the_next_list_of_a_parked_list_waits_with_its_entries(office: Peers, hearer: Hearer) -> None:
    one, two = persons(2)
    hearer.scribe.failing[LIST] = KeyError()
    hearer.hear(office.send_list(LIST, one))
    hearer.scribe.failing.clear()
    hearer.hear(office.send_list(LIST, one, two))
    assert hearer.waiting(LIST) == hearer.waiting(one) == 2
    assert hearer.waiting(two) == 1
    hearer.retry(LIST)
    assert parked_keys(hearer) == set()
    assert hearer.did(LIST) == hearer.did(one) == ["ListSentForConfirmation"] * 2
    assert hearer.did(two) == ["ListSentForConfirmation"]
    assert [step.split()[1] for step in hearer.steps(one)] == [step.split()[1] for step in hearer.steps(LIST)]


def test_an_entry_that_waits_for_something_older_does_not_hold_the_list_up(
    office: Peers, hearer: Hearer
) -> None:
    bad, good = persons(2)
    hearer.scribe.failing["PersonReleased"] = KeyError()
    hearer.hear(*office.release(bad), office.send_list(LIST, bad, good))
    assert hearer.did(LIST) == hearer.did(good) == ["ListSentForConfirmation"]
    assert hearer.waiting(bad) == 2
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    assert hearer.did(bad) == ["PersonReleased", "ListSentForConfirmation"]


def test_a_person_named_twice_in_a_list_is_acted_on_once(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    hearer.hear(office.send_list(LIST, person, person))
    assert hearer.did(person) == ["ListSentForConfirmation"]


def test_a_person_named_twice_in_a_list_waits_once(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    hearer.scribe.failing["PersonReleased"] = KeyError()
    hearer.hear(*office.release(person), office.send_list(LIST, person, person))
    assert hearer.waiting(person) == 2
    hearer.scribe.failing.clear()
    hearer.retry(person)
    assert hearer.did(person) == ["PersonReleased", "ListSentForConfirmation"]


def test_an_event_whose_subject_is_its_case_may_be_acted_on_as_a_whole_and_by_case(office: Peers) -> None:
    hearer = Hearer(office.commune, UBND_DONG)
    both = Reaction(hearer.scribe.whole, hearer.scribe.each_case)
    hearer.reactions = {(Agency.POLICE, "PersonReleased"): both}
    hearer.restart()
    (person,) = persons(1)
    hearer.scribe.failing[person] = KeyError()
    hearer.hear(*office.release(person, person))
    assert hearer.waiting(person) == 2
    hearer.scribe.failing.clear()
    hearer.retry(person)
    assert [step.split()[2] for step in hearer.steps(person)] == ["whole", "case"] * 2
    assert hearer.waiting(person) == 0
