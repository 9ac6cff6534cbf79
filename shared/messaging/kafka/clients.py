"""The client library's clients, made so that nothing is left behind when they cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition, errors
from kafka.net.compat import KafkaNetClient

from shared.messaging.carrier import PeerTrouble
from shared.messaging.kafka.access import REQUEST_MILLISECONDS, BrokerAccess, NoPassword
from shared.messaging.kafka.binding import MOST_MESSAGE_BYTES
from shared.messaging.kafka.troubles import check_way, no_sign_in, trouble_of

CLOSE_MILLISECONDS = 2_000
DELIVERY_MILLISECONDS = 20_000
BATCH_BYTES = 1024 * 1024
FETCH_BYTES = 4 * 1024 * 1024
FETCH_WAIT_MILLISECONDS = 500
"""How long the broker waits for something to fetch; what else is asked on the connection waits behind."""


@contextmanager
def naming_troubles(access: BrokerAccess, party: str, topic: str) -> Iterator[None]:
    """Raises PeerTrouble where the client library raises its own errors."""
    try:
        yield
    except errors.KafkaError as error:
        raise trouble_of(access, party, topic, error) from error


@contextmanager
def administrating(access: BrokerAccess, party: str) -> Iterator[Any]:
    """An administrative client. Raises PeerTrouble."""
    admin = _connected(KafkaAdminClient, access, party)
    try:
        yield admin
    finally:
        admin.close()


@contextmanager
def consuming(access: BrokerAccess, party: str, topic: str) -> Iterator[Any]:
    """A consumer as of `open_consumer`, closed at the end."""
    consumer = open_consumer(access, party, topic)
    try:
        yield consumer
    finally:
        close_consumer(consumer)


def open_consumer(access: BrokerAccess, party: str, topic: str) -> Any:
    """A consumer of the topic's one partition, which is to be placed by `seek`. Raises PeerTrouble, KafkaError."""
    check_topic(access, party, topic)
    consumer = _connected(
        KafkaConsumer,
        access,
        party,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        allow_auto_create_topics=False,
        max_partition_fetch_bytes=FETCH_BYTES,
        fetch_max_bytes=FETCH_BYTES,
        fetch_max_wait_ms=FETCH_WAIT_MILLISECONDS,
        metrics_enabled=False,
    )
    consumer.assign([TopicPartition(topic, 0)])
    return consumer


def close_consumer(consumer: Any) -> None:
    consumer.close(autocommit=False, timeout_ms=CLOSE_MILLISECONDS)


def open_producer(access: BrokerAccess, party: str) -> Any:
    """A producer that sends what it was given when it is flushed, all of it in one batch. Raises PeerTrouble."""
    return _connected(
        KafkaProducer,
        access,
        party,
        enable_idempotence=True,
        acks="all",
        allow_auto_create_topics=False,
        batch_size=BATCH_BYTES,
        max_request_size=MOST_MESSAGE_BYTES,
        linger_ms=REQUEST_MILLISECONDS,  # far longer than it takes to give it a page
        delivery_timeout_ms=DELIVERY_MILLISECONDS,
        max_block_ms=REQUEST_MILLISECONDS,
        metrics_enabled=False,
    )


def check_topic(access: BrokerAccess, party: str, topic: str) -> None:
    """Raises PeerTrouble where the topic is missing, not the party's to see, or has not one partition; KafkaError."""
    with administrating(access, party) as admin:
        (found,) = admin.describe_topics([topic])
    error = errors.for_code(found["error_code"])
    if error is not errors.NoError:
        raise error()
    if len(found["partitions"]) != 1:
        raise PeerTrouble(
            "no_topic", f"{topic} has {len(found['partitions'])} partitions, expected 1: there is no order"
        )


def _connected(kind: Any, access: BrokerAccess, party: str, **options: Any) -> Any:
    """A client that has reached the broker. Raises PeerTrouble."""
    check_way(access)
    made: list[KafkaNetClient] = []

    def remember(**given: Any) -> KafkaNetClient:
        made.append(KafkaNetClient(**given))
        return made[-1]

    try:
        return kind(**access.options(party), kafka_client=remember, **options)
    except NoPassword as missing:
        raise PeerTrouble("refused", str(missing)) from missing
    except errors.KafkaTimeoutError as error:
        # A client that was never finished leaves its thread and its sockets behind.
        for client in made:
            client.close()
        if access.ca_file is not None:
            raise no_sign_in(party, error) from error
        raise PeerTrouble("down", f"the broker does not answer: {error}") from error
