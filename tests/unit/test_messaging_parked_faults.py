"""What is not understood, or could not be recorded or told, is parked too; too much of it stops the channel."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from shared.agreement.parties import Agency
from shared.contracts.registry import REGISTRY
from shared.log.application import UnitOfWork
from shared.messaging import inbox, parking
from shared.messaging.channel_state import ChannelState, channel_state_id
from shared.messaging.inbox import MOST_PARKED_IN_A_ROW
from shared.messaging.parking import (
    StepParked,
    StepQueued,
)
from shared.messaging.reactions import HeardEvent, Reaction
from tests.support.kernel import (
    PGD,
    TAY,
    UBND_DONG,
    Hearer,
    Mouth,
    Notebook,
    Noted,
    Spoke,
    released,
    tampered,
)
from tests.support.peers import CHANNEL, Peers, codes, parked_keys, parked_reason, peers, persons

UNKNOWN = "vn.phoihop.police.PersonPardoned.v1"
LIST = UUID(int=0x11)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Peers]:
    with peers(tmp_path) as pair:
        yield pair


@pytest.fixture
def hearer(office: Peers) -> Hearer:
    return office.hearer


def test_an_unknown_type_parks_its_subject_and_its_cases_and_nobody_else(
    office: Peers, hearer: Hearer
) -> None:
    one, two, other = persons(3)
    message = tampered(office.send_list(LIST, one, two), type=UNKNOWN)
    assert hearer.hear(message, *office.release(other)) == 2
    assert parked_keys(hearer) == {LIST, one, two}
    assert hearer.did(other) == ["PersonReleased"]
    assert hearer.stopped() is None
    (parked, *_) = hearer.events(StepParked)
    assert isinstance(parked, StepParked)
    assert parked.code == "NotInContract"
    assert UNKNOWN in parked.reason


def test_later_events_of_a_case_wait_behind_one_that_was_not_understood(
    office: Peers, hearer: Hearer
) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    hearer.hear(tampered(message, type=UNKNOWN))
    hearer.hear(office.disburse(person), publisher=PGD)
    assert hearer.did(person) == []
    assert hearer.waiting(person) == 2


def test_a_later_program_that_knows_the_type_acts_on_what_was_parked(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = persons(2)
    later = REGISTRY[Agency.POLICE, "ListSentForConfirmation"]
    hearer.hear(tampered(office.send_list(LIST, one, two), type=UNKNOWN))
    hearer.hear(office.disburse(two), publisher=PGD)
    monkeypatch.setitem(REGISTRY.by_type, UNKNOWN, later)
    hearer.retry(LIST)
    assert parked_keys(hearer) == set()
    assert hearer.did(LIST) == hearer.did(one) == ["ListSentForConfirmation"]
    assert hearer.did(two) == ["ListSentForConfirmation", "LoanDisbursed"]


def test_a_retry_of_what_is_still_not_understood_fails_again(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    hearer.hear(tampered(message, type=UNKNOWN))
    hearer.retry(person)
    assert codes(hearer) == ["NotInContract"] * 2
    assert hearer.waiting(person) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"commune": "9990"},
        {"ground": "pardon"},
        {"person_id": "x"},
        {"certificate_no": "0123/GCN"},
        {"particulars": {"full_name": "A", "birth": "1990", "sex": "male", "hamlet": "Một"}},
        {"note": "x"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_data_that_do_not_fit_the_contract_park_the_case(
    office: Peers, hearer: Hearer, changed: dict[str, object]
) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    data = msgspec.json.decode(message)["data"] | changed
    hearer.hear(tampered(message, data=data))
    assert hearer.waiting(person) == 1
    assert codes(hearer) == ["NotInContract"]


@pytest.mark.parametrize("data", [[], "x", 7, {}], ids=repr)
def test_data_that_are_no_object_park_the_case(office: Peers, hearer: Hearer, data: object) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    hearer.hear(tampered(message, data=data))
    assert hearer.waiting(person) == 1


def test_an_event_that_is_not_the_publishers_to_tell_parks_its_case(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    message = office.disburse(person).replace(b'"/pgd-ba/', b'"/ca-dong/')
    hearer.hear(message)
    assert hearer.waiting(person) == 1
    assert "ca-dong" in parked_reason(hearer)
    hearer.retry(person)
    assert hearer.waiting(person) == 1
    assert hearer.did(person) == []


def test_police_cannot_speak_for_another_commune(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    elsewhere = msgspec.json.decode(message)["data"] | {"commune": TAY}
    hearer.hear(tampered(message, data=elsewhere))
    assert hearer.waiting(person) == 1
    assert TAY in parked_reason(hearer)
    hearer.retry(person)
    assert hearer.did(person) == []


def test_an_event_that_is_not_told_to_us_parks_its_case(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    ended = REGISTRY[Agency.POLICE, "EligibilityEnded"]
    data = ended.example | {"person_id": str(person)}
    hearer.hear(tampered(message, type=ended.type, data=data))
    assert hearer.waiting(person) == 1
    assert "commune" in parked_reason(hearer)


def test_fields_that_another_recipient_may_see_are_not_taken_from_the_wire(
    tmp_path: Path, office: Peers
) -> None:
    """The certificate goes to the receiving police alone: a committee that is sent it does not take it."""
    (person,) = persons(1)
    (message,) = office.release(person)
    transfer = REGISTRY[Agency.POLICE, "ResidenceTransferred"]
    data = transfer.example | {"person_id": str(person)}
    office.hearer.hear(tampered(message, type=transfer.type, data=data))
    assert office.hearer.waiting(person) == 1


class Deciding:
    """A reaction whose own decision cannot be told for one person, nor recorded for another."""

    def __init__(self, unspeakable: UUID, unrecordable: UUID) -> None:
        self.unspeakable, self.unrecordable = unspeakable, unrecordable

    def __call__(self, work: UnitOfWork, heard: HeardEvent, case: UUID) -> None:
        if case == self.unspeakable:
            data = released(case)
            facts = {"contract": "PersonReleased", "subject": case, "cases": (case,), "data": data}
            work.add(Mouth(uuid4())).trigger(Spoke, work.now, **facts)
        line = 7 if case == self.unrecordable else "được"
        work.get_or_new(Notebook, case).trigger(Noted, work.now, line=line)


def test_what_we_could_not_tell_or_record_of_one_case_parks_that_case_alone(office: Peers) -> None:
    unspeakable, unrecordable, good = persons(3)
    deciding = Deciding(unspeakable, unrecordable)
    reactions = {(Agency.POLICE, "ListSentForConfirmation"): Reaction(each_case=deciding)}
    hearer = Hearer(office.commune, UBND_DONG, reactions)
    assert hearer.hear(office.send_list(LIST, unspeakable, good, unrecordable)) == 1
    assert parked_keys(hearer) == {unspeakable, unrecordable}
    assert sorted(codes(hearer)) == ["Unrecordable", "Unspeakable"]
    assert hearer.log.get(Notebook, good).lines == ["được"]
    assert hearer.log.find(Notebook, unspeakable) is None
    hearer.retry(unspeakable)
    assert hearer.waiting(unspeakable) == 1


def test_what_could_not_be_sealed_at_the_commit_parks_the_event_and_not_the_channel(
    office: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide(work: UnitOfWork, heard: HeardEvent, case: UUID) -> None:
        work.get_or_new(Notebook, case).note(work.now, "không gửi được" if case == bad else "được")

    bad, good = persons(2)
    hearer = Hearer(
        office.commune, UBND_DONG, {(Agency.POLICE, "PersonReleased"): Reaction(each_case=decide)}
    )
    record = hearer.log.record

    def refuse(*facts: object) -> None:
        if "không gửi được" in str(facts[0]):
            raise ValueError("600000 bytes long")
        record(*facts)  # type: ignore[arg-type]

    monkeypatch.setattr(hearer.log, "record", refuse)
    assert hearer.hear(*office.release(good, bad, good)) == 3
    assert parked_keys(hearer) == {bad}
    hearer.retry(bad)
    assert codes(hearer) == ["ValueError"] * 2
    assert hearer.log.get(Notebook, good).lines == ["được"] * 2


def test_too_many_parked_in_a_row_stop_the_channel(office: Peers, hearer: Hearer) -> None:
    hearer.scribe.failing["PersonReleased"] = KeyError()
    messages = office.release(*persons(MOST_PARKED_IN_A_ROW + 5))
    assert hearer.hear(*messages) == MOST_PARKED_IN_A_ROW
    assert hearer.stopped() == "too_many_parked"
    assert len(parked_keys(hearer)) == MOST_PARKED_IN_A_ROW


def test_too_many_of_an_unknown_type_in_a_row_stop_the_channel(office: Peers, hearer: Hearer) -> None:
    messages = [
        tampered(message, type=UNKNOWN) for message in office.release(*persons(MOST_PARKED_IN_A_ROW + 5))
    ]
    for start in range(0, len(messages), 10):
        hearer.hear(*messages[start : start + 10])
    assert hearer.stopped() == "too_many_parked"
    assert hearer.inbox.position(CHANNEL) == MOST_PARKED_IN_A_ROW


def test_parked_ones_with_good_ones_between_do_not_stop_the_channel(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_PARKED_IN_A_ROW", 3)
    bad, good = persons(6), uuid4()
    hearer.scribe.failing = {person: KeyError() for person in bad}
    people = [bad[0], bad[1], good, bad[2], bad[3], good, bad[4], bad[5]]
    assert hearer.hear(*office.release(*people)) == len(people)
    assert hearer.stopped() is None


def test_events_that_only_wait_behind_are_not_counted_as_failures(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_PARKED_IN_A_ROW", 3)
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    assert hearer.hear(*office.release(*[bad] * 8)) == 8
    assert hearer.stopped() is None
    assert hearer.waiting(bad) == 8


def test_a_channel_that_stopped_for_too_many_parked_goes_on_when_resumed(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_PARKED_IN_A_ROW", 3)
    hearer.scribe.failing["PersonReleased"] = KeyError()
    messages = office.release(*persons(5))
    hearer.hear(*messages)
    assert hearer.stopped() == "too_many_parked"
    hearer.scribe.failing.clear()
    hearer.log.decide(
        UBND_DONG,
        "quantri",
        lambda work: work.get(ChannelState, channel_state_id(CHANNEL)).resume(work.now, CHANNEL, "quantri"),
    )
    assert hearer.hear(*messages) == 5


def test_too_many_behind_one_case_stop_the_channel_before_anything_is_lost(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "MOST_WAITING", 4)
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    messages = office.release(*[bad] * 6)
    assert hearer.hear(*messages) == 4
    assert hearer.stopped() == "too_many_parked"
    hearer.scribe.failing.clear()
    hearer.retry(bad)
    hearer.log.decide(
        UBND_DONG,
        "quantri",
        lambda work: work.get(ChannelState, channel_state_id(CHANNEL)).resume(work.now, CHANNEL, "quantri"),
    )
    assert hearer.hear(*messages) == 6
    assert hearer.did(bad) == ["PersonReleased"] * 6


def test_a_step_is_queued_with_its_receipt(office: Peers, hearer: Hearer) -> None:
    (bad,) = persons(1)
    hearer.scribe.failing[bad] = KeyError()
    hearer.hear(*office.release(bad, bad))
    (queued,) = hearer.events(StepQueued)
    assert isinstance(queued, StepQueued)
    parked = hearer.parked(bad)
    assert parked is not None
    assert parked.waiting[1] == queued.receipt
