"""What a channel promises, over a real topic: nothing lost, nothing doubled, in order, byte for byte."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from infra.kafka.broker import Broker
from shared.messaging.channel_state import ChannelState, channel_state_id
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.binding import to_record
from shared.messaging.kafka.reader import TopicReader
from shared.messaging.receipt import EventHeard
from shared.messaging.relayed import relayed
from tests.kafka.conftest import own_topics
from tests.kafka.wire import Wire, put, put_records, wait_until, wired
from tests.support.kernel import tampered, told
from tests.support.peers import CHANNEL, Peers, peers, persons


@pytest.fixture
def access(plain: Broker) -> BrokerAccess:
    return own_topics(plain, [CHANNEL])


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Peers]:
    with peers(tmp_path) as pair:
        yield pair


@pytest.fixture
def wire(access: BrokerAccess, office: Peers) -> Iterator[Wire]:
    with wired(access, office) as wire:
        yield wire


def heard(office: Peers) -> list[EventHeard]:
    return [it.event for page in office.commune.read() for it in page if isinstance(it.event, EventHeard)]


def resume(office: Peers) -> None:
    office.commune.decide(
        CHANNEL.hearer,
        "quantri",
        lambda work: work.get(ChannelState, channel_state_id(CHANNEL)).resume(work.now, CHANNEL, "quantri"),
    )


def test_what_the_police_tell_the_committee_hears_in_order_byte_for_byte(wire: Wire, office: Peers) -> None:
    wire.start()
    sealed = office.release(*persons(25))
    wire.wait_until_heard()
    more = office.release(*persons(3))
    wire.wait_until_heard()
    receipts = [event.envelope.encode() for event in heard(office)]
    assert receipts == sealed + more
    wait_until(lambda: relayed(office.police, CHANNEL) == 28)
    assert (wire.relay.line.state, wire.puller.line.state) == ("relaying", "listening")


def test_a_reader_gives_the_publishers_own_bytes(wire: Wire, office: Peers) -> None:
    sealed = office.release(*persons(5))
    wire.copy_all()
    assert wire.reader.fetch(CHANNEL, None) == (sealed, 5)


def test_what_is_not_heard_to_its_end_is_given_again_from_there(wire: Wire, office: Peers) -> None:
    sealed = office.release(*persons(5))
    wire.copy_all()
    assert wire.reader.fetch(CHANNEL, None) == (sealed, 5)
    assert wire.reader.fetch(CHANNEL, None) == (sealed, 5)
    office.hearer.hear(*sealed[:2])
    assert wire.reader.fetch(CHANNEL, None) == (sealed[2:], 5)
    office.hearer.hear(*sealed[2:])
    assert wire.reader.fetch(CHANNEL, None, 0.1) == ([], 5)


def test_a_message_that_comes_again_is_heard_once(wire: Wire, access: BrokerAccess, office: Peers) -> None:
    sealed = office.release(*persons(6))
    wire.copy_all()
    put(access, CHANNEL, *sealed[2:])
    put(access, CHANNEL, *sealed)
    wire.start()
    sealed += office.release(*persons(2))
    wire.wait_until_heard()
    assert [event.envelope.encode() for event in heard(office)] == sealed
    assert office.hearer.stopped() is None


def test_a_missing_message_stops_the_channel_and_says_which(
    wire: Wire, access: BrokerAccess, office: Peers
) -> None:
    sealed = office.release(*persons(4))
    put(access, CHANNEL, sealed[0], sealed[3])
    wire.pull()
    wire.pull()
    stop = office.hearer.inbox.stopped(CHANNEL)
    assert stop is not None
    assert (stop.code, stop.reason) == ("gap", "4 came, 2 to 3 are missing")
    assert office.hearer.inbox.position(CHANNEL) == 1
    wire.pull()
    assert wire.puller.line.state == "stopped"


def test_a_message_that_comes_again_with_one_byte_changed_stops_the_channel(
    wire: Wire, access: BrokerAccess, office: Peers
) -> None:
    sealed = office.release(*persons(2))
    data = msgspec.json.decode(sealed[0])["data"]
    name = data["particulars"]["full_name"]
    data["particulars"]["full_name"] = name[:-1] + "ạ"
    put(access, CHANNEL, *sealed, tampered(sealed[0], data=data))
    wire.pull()
    assert office.hearer.stopped() == "changed"
    assert office.hearer.inbox.position(CHANNEL) == 2


def _without(name: str, headers: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [header for header in headers if header[0] != name]


@pytest.mark.parametrize("damage", ["no headers", "no sequence", "no value", "no json", "no text", "twice"])
def test_a_record_that_is_no_event_stops_the_channel_and_is_never_passed_over(
    wire: Wire, access: BrokerAccess, office: Peers, damage: str
) -> None:
    first, second, third = office.release(*persons(3))
    headers, value = to_record(second)
    damaged: dict[str, tuple[list[tuple[str, bytes]], bytes | None]] = {
        "no headers": ([], value),
        "no sequence": (_without("ce_sequence", headers), value),
        "no value": (headers, None),
        "no json": (headers, value[:-1]),
        "no text": ([*_without("ce_subject", headers), ("ce_subject", b"\xff")], value),
        "twice": ([*headers, ("ce_subject", b"other")], value),
    }
    put_records(access, CHANNEL, to_record(first), damaged[damage], to_record(second), to_record(third))
    wire.pull()
    wire.pull()
    stop = office.hearer.inbox.stopped(CHANNEL)
    assert stop is not None
    assert stop.code == "unreadable"
    assert f"{access.topic(CHANNEL)} offset 1" in stop.reason
    assert office.hearer.inbox.position(CHANNEL) == 1
    resume(office)
    wire.pull()
    assert office.hearer.stopped() == "unreadable"
    assert office.hearer.inbox.position(CHANNEL) == 1


def test_an_event_of_an_unknown_type_parks_its_cases_and_the_others_go_on(
    wire: Wire, access: BrokerAccess, office: Peers
) -> None:
    one, two = persons(2)
    first, second = office.release(one, two)
    put(access, CHANNEL, tampered(first, type="vn.phoihop.police.PersonPromoted.v1"), second)
    wire.pull()
    assert office.hearer.waiting(one) == 1
    assert office.hearer.did(two) == ["PersonReleased"]


def test_a_hearer_that_starts_again_begins_where_it_was(wire: Wire, office: Peers) -> None:
    office.release(*persons(150))
    wire.copy_all()
    while wire.heard()[0] < 150:
        wire.pull()
    wire.reader._noted = 0
    wire.reader.fetch(CHANNEL, None, 0)
    assert office.commune.books.max_tracking_id(f"offset/{CHANNEL.name}") == 150
    wire.end_puller()
    office.release(*persons(1))
    wire.copy_all()
    wire.new_puller()
    assert wire.reader.fetch(CHANNEL, None) == (told(office.police, CHANNEL, 150), 151)


def test_a_hearer_whose_offset_is_unknown_or_of_another_topic_reads_from_the_beginning(
    wire: Wire, office: Peers, plain: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    office.release(*persons(5))
    wire.copy_all()
    wire.pull()
    office.release(*persons(1))
    wire.copy_all()
    wire.end_puller()
    wire.new_puller()
    assert len(wire.reader.fetch(CHANNEL, None)[0]) == 6
    wire.reader._noted = 0
    wire.pull()
    wire.reader._noted = 0
    wire.reader.fetch(CHANNEL, None, 0)
    wire.end()
    other = Wire(own_topics(plain, [CHANNEL]), office.police, office.hearer)
    try:
        other.start()
        office.release(*persons(1))
        other.wait_until_heard()
        assert "offset 6 is not in 0 to 0" in caplog.text
    finally:
        other.end()


def test_a_relay_that_ends_before_it_noted_what_the_broker_has_goes_on_behind_it(
    wire: Wire, access: BrokerAccess, office: Peers
) -> None:
    """Killed between the acknowledgement and the note: the topic itself says how far it is."""
    sealed = office.release(*persons(4))
    put(access, CHANNEL, *sealed[:3])
    assert relayed(office.police, CHANNEL) == 0
    wire.copy_all()
    assert wire.reader.fetch(CHANNEL, None) == (sealed, 4)
    assert relayed(office.police, CHANNEL) == 4


def test_a_topic_that_lost_what_it_acknowledged_is_given_it_again(
    plain: Broker, wire: Wire, office: Peers
) -> None:
    office.release(*persons(3))
    wire.copy_all()
    wire.end()
    other = Wire(own_topics(plain, [CHANNEL]), office.police, office.hearer)
    try:
        other.copy_all()
        assert other.reader.fetch(CHANNEL, None) == (told(office.police, CHANNEL), 3)
    finally:
        other.end()


def test_a_relay_says_so_when_the_topic_holds_more_than_its_log(
    tmp_path: Path, wire: Wire, office: Peers
) -> None:
    """The police's log was restored from a back-up: nothing more is told until somebody has looked."""
    office.release(*persons(3))
    wire.copy_all()
    wire.end_relay()
    (tmp_path / "old").mkdir()
    with peers(tmp_path / "old") as old:
        restored = Wire(wire.access, old.police, old.hearer)
        try:
            restored.relay.start()
            wait_until(lambda: restored.relay.line.state == "ahead", lambda: restored.relay.line)
            assert "holds 3 messages, our log 0" in str(restored.relay.line.trouble)
            old.release(*persons(3))
            restored.relay.log.wake()
            wait_until(lambda: restored.relay.line.state == "changed", lambda: restored.relay.line)
        finally:
            restored.end()
    wire.new_puller()
    assert wire.reader.fetch(CHANNEL, None)[1] == 3


def test_a_fetch_ends_soon_after_everything_is_asked_to_stop(wire: Wire, office: Peers) -> None:
    wire.puller.start()
    wait_until(lambda: wire.reader._consumer is not None)
    wire.puller.stopping.set()
    wire.puller.join(3)
    assert not wire.puller.is_alive()


def test_a_reader_may_be_closed_twice_and_asked_again(
    access: BrokerAccess, office: Peers, wire: Wire
) -> None:
    reader: TopicReader = wire.reader
    assert reader.fetch(CHANNEL, None, 0) == ([], 0)
    reader.close()
    reader.close()
    assert reader.fetch(CHANNEL, None, 0) == ([], 0)
