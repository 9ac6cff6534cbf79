"""The inbox: each message once, in order, from its publisher; what cannot be right stops the channel."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from eventsourcing.persistence import IntegrityError, OperationalError

from shared.agreement.parties import Channel
from shared.log.application import DECIDE_AGAIN
from shared.log.channels import Heard
from shared.messaging.parking import StepParked
from shared.messaging.receipt import EventHeard, Receipt, receipt_id
from tests.support.kernel import (
    CA_TAY,
    PGD,
    UBND_DONG,
    UBND_TAY,
    Diary,
    Hearer,
    Noted,
    note,
    say_release,
    told,
)
from tests.support.peers import CHANNEL, Peers, peers, persons
from tests.support.threads import in_threads


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Peers]:
    with peers(tmp_path) as pair:
        yield pair


@pytest.fixture
def hearer(office: Peers) -> Hearer:
    return office.hearer


def test_messages_are_heard_in_order_and_acted_on(office: Peers, hearer: Hearer) -> None:
    one, two = persons(2)
    assert hearer.hear(*office.release(one, two, one)) == 3
    assert hearer.did(one) == ["PersonReleased"] * 2
    assert hearer.did(two) == ["PersonReleased"]
    assert hearer.stopped() is None


def test_both_sides_hold_the_same_digest(office: Peers, hearer: Hearer) -> None:
    hearer.hear(*office.release(*persons(3)))
    assert hearer.log.books.head("heard", CHANNEL.name) == office.police.books.head("told", CHANNEL.name)


def test_a_receipt_keeps_the_bytes_as_they_came_with_the_decision_they_led_to(
    office: Peers, hearer: Hearer
) -> None:
    (person,) = persons(1)
    (message,) = office.release(person)
    before = hearer.log.head()
    hearer.hear(message)
    ((heard, decided),) = hearer.log.read(before)
    assert isinstance(heard.event, EventHeard)
    assert heard.event.envelope.encode() == message
    assert (heard.event.channel, heard.event.sequence) == (CHANNEL.name, 1)
    event_id = heard.event.stamped.causation
    assert decided.event.stamped.causation == event_id
    assert decided.event.stamped.correlation == heard.event.stamped.correlation
    assert decided.event.stamped.party == UBND_DONG
    assert hearer.log.get(Receipt, receipt_id(CHANNEL, str(event_id))).heard == heard.event


def test_decisions_on_different_messages_of_a_batch_each_name_their_own_cause(
    office: Peers, hearer: Hearer
) -> None:
    hearer.hear(*office.release(*persons(3)))
    heard = [event.stamped.causation for event in hearer.events(EventHeard)]
    decided = [event.stamped.causation for event in hearer.events(Noted)]
    assert heard == decided
    assert len(set(heard)) == 3


def test_a_message_that_comes_again_is_heard_once(office: Peers, hearer: Hearer) -> None:
    messages = office.release(*persons(2))
    hearer.hear(*messages)
    before = hearer.log.head()
    assert hearer.hear(*messages) == 2
    assert hearer.hear(messages[0]) == 2
    assert hearer.log.head() == before


def test_a_message_that_comes_twice_in_one_batch_is_heard_once(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    one, two = office.release(person, person)
    assert hearer.hear(one, one, two, one, two, two) == 2
    assert hearer.did(person) == ["PersonReleased"] * 2


def test_a_message_comes_again_in_other_writing_and_is_known(office: Peers, hearer: Hearer) -> None:
    (message,) = office.release(uuid4())
    hearer.hear(message)
    pretty = msgspec.json.format(message, indent=2)
    assert hearer.hear(pretty) == 1
    assert hearer.stopped() is None


def test_old_messages_and_new_ones_may_come_together(office: Peers, hearer: Hearer) -> None:
    messages = office.release(*persons(4))
    hearer.hear(*messages[:2])
    assert hearer.hear(*messages) == 4


def test_nothing_heard_changes_nothing(hearer: Hearer) -> None:
    before = hearer.log.head()
    assert hearer.hear() == 0
    assert hearer.log.head() == before
    assert hearer.inbox.last_event_id(CHANNEL) is None


def test_the_last_event_heard_is_what_the_peer_is_asked_to_go_on_from(office: Peers, hearer: Hearer) -> None:
    one, two = office.release(*persons(2))
    hearer.hear(one)
    assert hearer.inbox.last_event_id(CHANNEL) == office.police.books.event_id_at("told", CHANNEL.name, 1)
    hearer.hear(two)
    assert hearer.inbox.last_event_id(CHANNEL) == office.police.books.event_id_at("told", CHANNEL.name, 2)


def test_each_channel_has_its_own_position(tmp_path: Path, office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    hearer.hear(*office.release(*persons(3)))
    assert hearer.hear(office.disburse(person), publisher=PGD) == 1
    assert hearer.inbox.position(CHANNEL) == 3
    assert hearer.did(person) == ["LoanDisbursed"]


def test_store_trouble_parks_nothing_and_is_raised(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    messages = office.release(person)
    for trouble in (OSError("disk full"), OperationalError("locked"), MemoryError()):
        hearer.scribe.failing[person] = trouble
        before = hearer.log.head()
        with pytest.raises(type(trouble)):
            hearer.hear(*messages)
        assert hearer.log.head() == before
        assert hearer.waiting(person) == 0
    hearer.scribe.failing.clear()
    assert hearer.hear(*messages) == 1
    assert hearer.did(person) == ["PersonReleased"]


def test_store_trouble_in_the_middle_of_a_batch_leaves_the_batch_to_be_heard_again(
    office: Peers, hearer: Hearer
) -> None:
    one, two = persons(2)
    messages = office.release(one, two)
    hearer.scribe.failing[two] = OSError("disk full")
    with pytest.raises(OSError):
        hearer.hear(*messages)
    assert hearer.inbox.position(CHANNEL) == 0
    hearer.scribe.failing.clear()
    assert hearer.hear(*messages) == 2


def test_store_trouble_at_the_commit_is_raised(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = office.release(*persons(2))

    def fail(*_: object) -> None:
        raise OperationalError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(hearer.log, "record", fail)
        with pytest.raises(OperationalError):
            hearer.hear(*messages)
    assert hearer.events(StepParked) == []
    assert hearer.hear(*messages) == 2


def test_a_reply_lost_after_the_commit_does_not_hear_a_batch_twice(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (person,) = persons(1)
    messages = office.release(person, person)
    record = hearer.log.record

    def record_and_lose_the_reply(*facts: object) -> None:
        record(*facts)  # type: ignore[arg-type]
        raise OperationalError("the connection broke")

    with monkeypatch.context() as broken:
        broken.setattr(hearer.log, "record", record_and_lose_the_reply)
        with pytest.raises(OperationalError):
            hearer.hear(*messages)
    assert hearer.hear(*messages) == 2
    assert hearer.did(person) == ["PersonReleased"] * 2


def test_a_decision_of_an_officer_meanwhile_makes_the_inbox_decide_again(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (person,) = persons(1)
    messages = office.release(person, person)
    overtaken = [True, True, True]
    find = hearer.log.find

    def find_and_be_overtaken(kind: type, id: UUID, version: int | None = None) -> object:
        found = find(kind, id, version)
        if kind is Diary and overtaken:
            overtaken.pop()
            note(hearer.log, id, "cán bộ ghi")
        return found

    monkeypatch.setattr(hearer.log, "find", find_and_be_overtaken)
    assert hearer.hear(*messages) == 2
    monkeypatch.undo()
    steps = hearer.steps(person)
    assert steps[:3] == ["cán bộ ghi"] * 3
    assert hearer.did(person)[3:] == ["PersonReleased"] * 2


def test_the_inbox_does_not_decide_again_for_ever(
    office: Peers, hearer: Hearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (person,) = persons(1)
    tried = 0
    find = hearer.log.find

    def find_and_be_overtaken(kind: type, id: UUID, version: int | None = None) -> object:
        nonlocal tried
        found = find(kind, id, version)
        if kind is Diary:
            tried += 1
            note(hearer.log, id, "cán bộ ghi")
        return found

    monkeypatch.setattr(hearer.log, "find", find_and_be_overtaken)
    with pytest.raises(IntegrityError):
        hearer.hear(*office.release(person))
    monkeypatch.undo()
    assert tried == DECIDE_AGAIN + 1
    assert hearer.inbox.position(CHANNEL) == 0
    assert hearer.waiting(person) == 0


def test_two_workers_that_hear_the_same_channel_at_once_record_each_message_once(
    office: Peers, hearer: Hearer
) -> None:
    """Only one should lead at a time; if two do, the log takes each message once all the same."""
    (person,) = persons(1)
    messages = office.release(*[person] * 30)
    workers = [hearer, Hearer(hearer.log, UBND_DONG)]

    def work(number: int) -> None:
        for start in range(0, 30, 5):
            workers[number].hear(*messages[start : start + 5])

    in_threads(2, work)
    assert hearer.stopped() is None
    assert hearer.inbox.position(CHANNEL) == 30
    assert hearer.did(person) == ["PersonReleased"] * 30
    assert hearer.log.books.head("heard", CHANNEL.name) == office.police.books.head("told", CHANNEL.name)


def test_an_office_hears_for_itself_though_another_office_lives_in_the_same_log(
    tmp_path: Path, office: Peers
) -> None:
    one, two = persons(2)
    other = Hearer(office.commune, UBND_TAY)
    office.hearer.hear(*office.release(one))
    say_release(office.police, two, CA_TAY, "99902")
    other.hear(*told(office.police, Channel(CA_TAY, UBND_TAY)), publisher=CA_TAY)
    assert other.did(two) == ["PersonReleased"]
    assert other.did(one) == []
    assert office.hearer.did(two) == []


def test_an_event_not_of_interest_is_kept(office: Peers) -> None:
    deaf = Hearer(office.commune, UBND_DONG, reactions={})
    assert deaf.hear(*office.release(uuid4())) == 1
    assert len(deaf.events(EventHeard)) == 1


def test_a_heard_row_can_never_be_skipped(office: Peers, hearer: Hearer) -> None:
    with pytest.raises(IntegrityError):
        hearer.log.record([], heard=[Heard(CHANNEL.name, 2, "x", bytes(32))])
    assert hearer.log.books.head("heard", CHANNEL.name)[0] == 0
