"""Who may do what on the broker, and how clearly a party that may not, or cannot, is told so."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import TopicPartition, errors
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ConfigResource,
    ConfigResourceType,
    ResourcePattern,
    ResourceType,
)

from infra.kafka.broker import ADMIN, Broker
from infra.kafka.certificates import Authority
from shared.agreement.parties import Channel
from shared.messaging.carrier import PeerTrouble
from shared.messaging.kafka.access import BrokerAccess, host_and_port
from shared.messaging.kafka.administration import administration, channels_of
from shared.messaging.kafka.clients import administrating, close_consumer, open_consumer, open_producer
from tests.kafka.conftest import as_administrator, set_up
from tests.kafka.wire import wait_until, wired
from tests.support.kernel import AGREEMENT, CA_DONG, CA_TAY, PGD, UBND_DONG, UBND_TAY
from tests.support.peers import CHANNEL, Peers, peers, persons

SECRET = Channel(CA_TAY, UBND_TAY)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Peers]:
    with peers(tmp_path) as pair:
        yield pair


@pytest.fixture
def access(secure: Broker, passwords: dict[str, str]) -> BrokerAccess:
    return BrokerAccess((secure.bootstrap,), str(secure.ca_file), passwords)


def write(access: BrokerAccess, party: str, channel: Channel) -> None:
    """Write to a channel's topic as `party`. Raises the client library's errors."""
    producer: Any = open_producer(access, party)
    try:
        ack = producer.send(access.topic(channel), value=b"{}", partition=0)
        producer.flush(30)
        ack.get(timeout=0)
    finally:
        producer.close(10)


def end_of(access: BrokerAccess, party: str, channel: Channel) -> int:
    """Read a channel's topic as `party`. Raises PeerTrouble, or the client library's errors."""
    topic = TopicPartition(access.topic(channel), 0)
    consumer = open_consumer(access, party, topic.topic)
    try:
        end = consumer.end_offsets([topic], 10_000)[topic]
        consumer.seek(topic, 0)
        consumer.poll(1_000)
        return int(end)
    finally:
        close_consumer(consumer)


def test_over_tls_with_passwords_a_channel_works_as_without(access: BrokerAccess, office: Peers) -> None:
    with wired(access, office) as wire:
        wire.start()
        office.release(*persons(5))
        wire.wait_until_heard()


@pytest.mark.parametrize("party", [CA_TAY, UBND_DONG, PGD])
def test_a_party_cannot_write_anothers_channel(access: BrokerAccess, party: str) -> None:
    before = end_of(access, CA_DONG, CHANNEL)
    with pytest.raises(errors.TopicAuthorizationFailedError):
        write(access, party, CHANNEL)
    assert end_of(access, CA_DONG, CHANNEL) == before


@pytest.mark.parametrize("party", [CA_DONG, UBND_DONG, PGD])
def test_a_party_cannot_read_a_channel_that_is_not_addressed_to_it(access: BrokerAccess, party: str) -> None:
    with pytest.raises(errors.TopicAuthorizationFailedError):
        end_of(access, party, SECRET)


def test_a_party_reads_the_channels_addressed_to_it_and_its_own(access: BrokerAccess) -> None:
    assert end_of(access, UBND_TAY, SECRET) == end_of(access, CA_TAY, SECRET) == 0


def test_a_party_can_make_no_topic_and_change_no_rights(access: BrokerAccess) -> None:
    with administrating(access, CA_DONG) as admin, pytest.raises(errors.KafkaError, match="Authorization"):
        admin.create_topics({"phoihop.ca-dong.nobody.v1": {"num_partitions": 1, "replication_factor": 1}})
    with (
        pytest.raises(ValueError, match="AuthorizationFailed"),
        administration(access, CA_DONG) as steward,
    ):
        steward.set_up(channels_of(AGREEMENT), replication=1)


def test_a_party_sees_no_other_partys_channels(access: BrokerAccess) -> None:
    ours = [it for it in channels_of(AGREEMENT) if UBND_DONG in (it.publisher, it.hearer)]
    with administrating(access, UBND_DONG) as admin:
        assert set(admin.list_topics()) == {access.topic(channel) for channel in ours}


def test_a_line_without_the_right_says_so(access: BrokerAccess, office: Peers) -> None:
    """The committee of Tây is asked to hear what the police of Đông tell the committee of Đông."""
    stolen = msgspec.structs.replace(
        access, passwords={**access.passwords, UBND_DONG: access.passwords[UBND_TAY], CA_DONG: "wrong"}
    )
    with wired(stolen, office) as wire:
        for act in (wire.relay.copy, lambda: wire.reader.fetch(CHANNEL, None)):
            with pytest.raises(PeerTrouble) as refused:
                act()
            assert refused.value.code == "refused"


def test_setting_up_again_changes_nothing_and_takes_foreign_rights_away(
    secure: Broker, passwords: dict[str, str]
) -> None:
    access = msgspec.structs.replace(as_administrator(secure), namespace="again")
    granted = BrokerAccess((secure.bootstrap,), str(secure.ca_file), passwords, namespace="again")
    assert len(set_up(access, [CHANNEL, SECRET])) == 2
    assert set_up(access, [CHANNEL, SECRET]) == []
    foreign = ACL(
        f"User:{CA_TAY}",
        "*",
        ACLOperation.WRITE,
        ACLPermissionType.ALLOW,
        ResourcePattern(ResourceType.TOPIC, access.topic(CHANNEL)),
    )
    with administrating(access, ADMIN) as admin:
        assert admin.create_acls([foreign])["failed"] == []
    write(granted, CA_TAY, CHANNEL)
    assert set_up(access, [CHANNEL]) == []
    with pytest.raises(errors.TopicAuthorizationFailedError):
        write(granted, CA_TAY, CHANNEL)
    write(granted, CA_DONG, CHANNEL)
    write(granted, CA_TAY, SECRET)  # of another agreement on the same broker: not touched


def test_topics_are_kept_for_ever_unless_it_is_said_otherwise(plain: Broker) -> None:
    access = BrokerAccess((plain.bootstrap,), namespace="retention")
    with administration(access, ADMIN) as steward:
        for days, milliseconds in ((None, "-1"), (7, "604800000"), (None, "-1")):
            steward.set_up([CHANNEL], replication=1, retention_days=days)
            assert configs(access)["retention.ms"] == milliseconds
    assert configs(access)["retention.bytes"] == "-1"
    assert configs(access)["cleanup.policy"] == "delete"


def configs(access: BrokerAccess) -> dict[str, str]:
    with administrating(access, ADMIN) as admin:
        found = admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, access.topic(CHANNEL))], config_filter="all"
        )
    return {name: entry["value"] for name, entry in found["topic"][access.topic(CHANNEL)].items()}


# What is wrong is named, within seconds, at both ends, and tried again.

Spoil = Callable[[BrokerAccess, Path], BrokerAccess]


def wrong_password(access: BrokerAccess, folder: Path) -> BrokerAccess:
    return msgspec.structs.replace(access, passwords=dict.fromkeys(access.passwords, "wrong"))


def no_password(access: BrokerAccess, folder: Path) -> BrokerAccess:
    return msgspec.structs.replace(access, passwords={})


def other_authority(access: BrokerAccess, folder: Path) -> BrokerAccess:
    return msgspec.structs.replace(access, ca_file=str(Authority(folder / "other").certificate_file))


def no_tls(access: BrokerAccess, folder: Path) -> BrokerAccess:
    return msgspec.structs.replace(access, ca_file=None)


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (wrong_password, "refused", "does not let user ca-dong sign in"),
        (no_password, "refused", "no password of ca-dong"),
        (other_authority, "untrusted", "certificate of 127.0.0.1"),
        (no_tls, "tls", "wants TLS, but no ca_file is set"),
    ],
)
def test_trouble_with_the_broker_is_named(
    access: BrokerAccess, office: Peers, tmp_path: Path, spoil: Spoil, code: str, words: str
) -> None:
    with wired(spoil(access, tmp_path), office) as wire:
        begun = time.monotonic()
        with pytest.raises(PeerTrouble) as told:
            wire.relay.copy()
        assert (told.value.code, words in told.value.reason) == (code, True), told.value
        with pytest.raises(PeerTrouble) as heard:
            wire.reader.fetch(CHANNEL, None)
        assert heard.value.code == code
        assert time.monotonic() - begun < 25


def test_tls_to_a_port_without_it_is_named(plain: Broker, access: BrokerAccess, office: Peers) -> None:
    lost = msgspec.structs.replace(access, bootstrap=(plain.bootstrap,))
    with wired(lost, office) as wire, pytest.raises(PeerTrouble, match="does not speak TLS") as told:
        wire.relay.copy()
    assert told.value.code == "tls"


def test_a_certificate_that_has_expired_is_named_and_a_new_one_is_taken_at_once(
    secure: Broker, passwords: dict[str, str], office: Peers
) -> None:
    set_up(msgspec.structs.replace(as_administrator(secure), namespace="expired"), [CHANNEL])
    access = BrokerAccess((secure.bootstrap,), str(secure.ca_file), passwords, namespace="expired")
    secure.stop()
    secure.authority.issue("clients", datetime.now(UTC) - timedelta(days=40))
    secure.start()
    with wired(access, office) as wire:
        try:
            wire.start()
            office.release(*persons(1))
            for line in (wire.relay.line, wire.puller.line):
                wait_until(lambda line=line: line.failures >= 3, lambda line=line: line)  # type: ignore[misc]
                assert line.state == "expired"
                assert "certificate has expired" in str(line.trouble)
        finally:
            secure.stop()
            secure.authority.issue("clients")
            secure.start()
        wire.wait_until_heard()


def test_a_password_that_is_changed_ends_the_old_one(
    secure: Broker, access: BrokerAccess, passwords: dict[str, str]
) -> None:
    with administration(as_administrator(secure), ADMIN) as steward:
        passwords[CA_DONG] = steward.grant(CA_DONG)
    with pytest.raises(PeerTrouble, match="does not let user ca-dong sign in"):
        write(msgspec.structs.replace(access, passwords={CA_DONG: "old"}), CA_DONG, CHANNEL)
    write(msgspec.structs.replace(access, passwords=passwords), CA_DONG, CHANNEL)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"bootstrap": ()}, "bootstrap is empty"),
        (
            {"bootstrap": ("broker.example:9092",)},
            "is not on this machine: without ca_file nothing is encrypted",
        ),
        ({"bootstrap": ("10.0.0.1:9092",)}, "is not on this machine"),
        ({"bootstrap": ("127.0.0.1",)}, "expected HOST:PORT"),
        ({"bootstrap": ("127.0.0.1:99999",)}, "expected HOST:PORT"),
        ({"bootstrap": ("broker.example:9092",), "ca_file": "nowhere.pem"}, "nowhere.pem does not exist"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_the_place(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        BrokerAccess(**settings)


def test_a_party_whose_code_cannot_stand_in_a_topic_is_refused() -> None:
    access = BrokerAccess(("localhost:9092",))
    assert access.topic(CHANNEL) == "phoihop.ca-dong.ubnd-dong.v1"
    for code in ("ca.dong", "ca_dong", "công-an", ""):
        with pytest.raises(ValueError, match="cannot be part of a topic's name"):
            access.topic(Channel(code, UBND_DONG))


def test_addresses_with_six_groups_are_read() -> None:
    assert host_and_port("[::1]:9092") == ("::1", 9092)
    BrokerAccess(("[::1]:9092", "localhost:9093"))
