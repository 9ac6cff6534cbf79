"""When the broker is away, slow, killed or full: everything waits, nothing is lost, and the line says why."""

import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from infra.kafka.broker import ADMIN, Broker, free_ports
from shared.agreement.parties import Channel
from shared.log.application import UnitOfWork
from shared.messaging.carrier import PeerTrouble
from shared.messaging.kafka import access as access_module
from shared.messaging.kafka import clients, reader
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.clients import administrating
from tests.kafka.conftest import own_topics, set_up
from tests.kafka.wire import Wire, put, wait_until, wired
from tests.support.kernel import CA_DONG, UBND_DONG, Mouth, Spoke, released
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


def release_many(office: Peers, count: int) -> None:
    """As many releases, 500 in a commit."""

    def act(work: UnitOfWork, some: int) -> None:
        for person in persons(some):
            work.add(Mouth(person)).trigger(
                Spoke,
                work.now,
                contract="PersonReleased",
                subject=person,
                cases=(person,),
                data=released(person),
            )

    for begun in range(0, count, 500):
        some = min(500, count - begun)
        office.police.decide(CA_DONG, "tester", lambda work, some=some: act(work, some))  # type: ignore[misc]


def test_a_broker_killed_amid_the_talk_loses_and_doubles_nothing(
    plain: Broker, wire: Wire, office: Peers
) -> None:
    wire.start()
    for _ in range(2):
        release_many(office, 700)
        wait_until(lambda: wire.heard()[0] > 0)
        plain.kill()
        release_many(office, 300)
        plain.start()
        wire.wait_until_heard()
    assert wire.heard()[0] == 2000
    assert office.hearer.stopped() is None


def test_both_ends_say_that_the_broker_is_down_and_ask_less_and_less_often(
    plain: Broker, wire: Wire, office: Peers
) -> None:
    plain.kill()
    try:
        office.release(*persons(1))
        wire.start()
        for line in (wire.relay.line, wire.puller.line):
            wait_until(lambda line=line: line.failures >= 4, lambda line=line: line)  # type: ignore[misc]
            assert line.state == "down"
            assert "Connection refused" in str(line.trouble)
    finally:
        plain.start()
    wire.wait_until_heard()
    assert (wire.relay.line.failures, wire.puller.line.failures) == (0, 0)


def test_a_broker_that_stands_still_is_noticed_and_what_it_got_late_is_heard_once(
    plain: Broker, wire: Wire, office: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_module, "REQUEST_MILLISECONDS", 2_000)
    monkeypatch.setattr(clients, "REQUEST_MILLISECONDS", 2_000)
    monkeypatch.setattr(clients, "DELIVERY_MILLISECONDS", 5_000)
    monkeypatch.setattr(reader, "CALL_MILLISECONDS", 2_000)
    wire.start()
    office.release(*persons(3))
    wire.wait_until_heard()
    plain.pause()
    try:
        office.release(*persons(3))
        for line in (wire.relay.line, wire.puller.line):
            wait_until(lambda line=line: line.trouble is not None, lambda line=line: line)  # type: ignore[misc]
            assert line.state == "down"
    finally:
        plain.resume()
    office.release(*persons(3))
    wire.wait_until_heard()
    assert wire.heard()[0] == 9


def test_what_cannot_be_written_is_tried_again_until_the_topic_takes_it(
    plain: Broker, wire: Wire, access: BrokerAccess, office: Peers
) -> None:
    """One refusal makes the client library's producer useless for ever: it is built anew."""
    wire.start()
    office.release(*persons(1))
    wire.wait_until_heard()
    configure(access, "max.message.bytes", "100")
    office.release(*persons(2))
    wait_until(lambda: wire.relay.line.failures >= 2, lambda: wire.relay.line)
    assert wire.relay.line.state == "failing"
    configure(access, "max.message.bytes", "1000000")
    wire.wait_until_heard()


def configure(access: BrokerAccess, name: str, value: str) -> None:
    with administrating(access, ADMIN) as admin:
        resource = ConfigResource(ConfigResourceType.TOPIC, access.topic(CHANNEL), {name: value})
        assert set(admin.alter_configs([resource])["topic"].values()) == {"OK"}


def test_a_missing_topic_is_named_never_made_and_used_once_it_is_there(plain: Broker, office: Peers) -> None:
    access = own_topics(plain, [Channel(CA_DONG, "pgd-ba")])
    with wired(access, office) as wire:
        wire.start()
        office.release(*persons(2))
        topic = f"{access.namespace}.{CA_DONG}.{UBND_DONG}.v1"
        for line in (wire.relay.line, wire.puller.line):
            wait_until(lambda line=line: line.failures >= 2, lambda line=line: line)  # type: ignore[misc]
            assert (line.state, line.trouble) == (
                "no_topic",
                f"there is no topic {topic}: run «phoihop broker setup»",
            )
        assert set_up(access, [CHANNEL]) == [topic]
        wire.wait_until_heard()


def test_a_topic_with_several_partitions_is_refused(plain: Broker, access: BrokerAccess, wire: Wire) -> None:
    with administrating(access, ADMIN) as admin:
        admin.create_partitions({access.topic(CHANNEL): 2})
    with pytest.raises(PeerTrouble, match="has 2 partitions, expected 1"):
        wire.relay.copy()
    with pytest.raises(PeerTrouble, match="has 2 partitions, expected 1"):
        wire.reader.fetch(CHANNEL, None)
    with pytest.raises(ValueError, match="has 2 partitions, expected 1"):
        set_up(access, [CHANNEL])


def test_a_topic_emptied_by_retention_goes_on_where_it_was(
    plain: Broker, wire: Wire, access: BrokerAccess, office: Peers
) -> None:
    office.release(*persons(3))
    wire.copy_all()
    while wire.heard()[0] < 3:
        wire.pull()
    wire.end_relay()
    with administrating(access, ADMIN) as admin:
        admin.delete_records({TopicPartition(access.topic(CHANNEL), 0): -1})
    wire.new_relay()
    (fourth,) = office.release(*persons(1))
    wire.copy_all()
    assert wire.reader.fetch(CHANNEL, None) == ([fourth], 4)


def test_a_hearer_behind_what_retention_left_stops_and_says_what_is_missing(
    plain: Broker, wire: Wire, access: BrokerAccess, office: Peers
) -> None:
    office.release(*persons(3))
    wire.copy_all()
    with administrating(access, ADMIN) as admin:
        admin.delete_records({TopicPartition(access.topic(CHANNEL), 0): 2})
    wire.pull()
    stop = office.hearer.inbox.stopped(CHANNEL)
    assert stop is not None
    assert stop.reason == "3 came, 1 to 2 are missing"


def test_a_backlog_of_twenty_thousand_drains_in_order_in_bounded_memory(wire: Wire, office: Peers) -> None:
    release_many(office, 20_000)
    memory = psutil.Process().memory_info
    wire.relay.start()
    wait_until(lambda: wire.relay.line.head == 20_000, lambda: wire.relay.line)
    before, most = memory().rss, 0
    wire.puller.start()
    while wire.heard()[0] < 20_000:
        most = max(most, memory().rss)
        wait_until(wire.stepped(500), lambda: wire.puller.line)
    assert wire.heard() == wire.told()
    assert most - before < 64 * 1024 * 1024


def test_a_broker_that_is_away_for_long_leaves_no_threads_and_files_behind(
    plain: Broker, office: Peers, access: BrokerAccess, wire: Wire
) -> None:
    away = BrokerAccess((f"127.0.0.1:{free_ports(1)[0]}",))

    def attempts(some: int) -> None:
        for it in (access, away):
            with wired(it, office) as each:
                for _ in range(some):
                    for act in (each.relay.copy, lambda: each.reader.fetch(CHANNEL, None, 0)):
                        try:
                            act()
                        except PeerTrouble as trouble:
                            assert it is away and trouble.code == "down"

    def left() -> tuple[int, int]:
        return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    attempts(1)
    before = left()
    attempts(5)
    wait_until(lambda: left() <= before, left, 10)


def test_two_relays_at_once_do_no_harm(wire: Wire, access: BrokerAccess, office: Peers) -> None:
    """A worker that lost its lock without noticing: its messages come again, that is all."""
    sealed = office.release(*persons(3))
    other = Wire(access, office.police, office.hearer)
    try:
        other.relay.copy()
        wire.relay.copy()
        office.release(*persons(2))
        wire.copy_all()
        other.copy_all()
        put(access, CHANNEL, *sealed)
        wire.puller.start()
        wire.wait_until_heard()
        assert office.hearer.stopped() is None
    finally:
        other.end()
