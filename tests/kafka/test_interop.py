"""A consumer that is not ours reads our topics: librdkafka, the CloudEvents project's SDK, and a stock validator.

It knows nothing but the exported documents and where the broker is.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import confluent_kafka
import jsonschema
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from referencing import Registry, Resource

from infra.kafka.broker import Broker
from shared.agreement.parties import Agency, Channel
from shared.contracts.common import CASE
from shared.contracts.registry import REGISTRY
from shared.log.application import AgencyLog
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.relay import Relay
from tests.kafka.conftest import as_administrator, set_up
from tests.support.kernel import AGREEMENT, CA_DONG, CA_TAY, PGD, UBND_DONG, example, opened, say, told

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"
OFFICE = {Agency.POLICE: CA_DONG, Agency.COMMUNE: UBND_DONG, Agency.BANK: PGD}
CASE_ID = UUID(CASE)
PATIENCE = 30.0


@pytest.fixture
def access(secure: Broker, passwords: dict[str, str]) -> BrokerAccess:
    namespace = "interop"
    admin = as_administrator(secure)
    set_up(BrokerAccess(admin.bootstrap, admin.ca_file, admin.passwords, namespace=namespace))
    return BrokerAccess(admin.bootstrap, admin.ca_file, passwords, namespace=namespace)


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[dict[Agency, AgencyLog]]:
    """Each agency has said everything that its contracts let it say."""
    with ExitStack() as stack:
        logs = {
            agency: stack.enter_context(opened(tmp_path / f"{agency}.sqlite", agency=agency))
            for agency in Agency
        }
        for (agency, name), contract in REGISTRY.items():
            if contract.about != "channel":
                data = example(agency, name)
                say(logs[agency], OFFICE[agency], name, data, cases=[CASE_ID], flags=contract.flags)
        yield logs


def relay_everything(access: BrokerAccess, logs: dict[Agency, AgencyLog]) -> dict[Channel, list[bytes]]:
    sent = {}
    for log in logs.values():
        for name in log.books.channels("told"):
            channel = Channel.named(name)
            relay = Relay(access, log, channel, Event())
            try:
                while relay.copy():
                    pass
            finally:
                relay.close()
            sent[channel] = told(log, channel)
    return sent


def consumer_of(access: BrokerAccess, party: str) -> confluent_kafka.Consumer:
    return confluent_kafka.Consumer(
        {
            "bootstrap.servers": ",".join(access.bootstrap),
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": access.ca_file,
            "sasl.mechanism": access.mechanism,
            "sasl.username": party,
            "sasl.password": access.passwords[party],
            "group.id": "unused",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )


def read(access: BrokerAccess, party: str, channel: Channel, count: int) -> list[Any]:
    """As somebody with librdkafka and the party's password does."""
    consumer = consumer_of(access, party)
    try:
        consumer.assign([confluent_kafka.TopicPartition(access.topic(channel), 0, 0)])
        return next_ones(consumer, count)
    finally:
        consumer.close()


def next_ones(consumer: confluent_kafka.Consumer, count: int) -> list[Any]:
    """The next messages. What the library says about a consumer group is left out: we have none, and need none."""
    found = list[Any]()
    while len(found) < count and (message := consumer.poll(PATIENCE)) is not None:
        error = message.error()
        if error is None or error.code() != confluent_kafka.KafkaError.GROUP_AUTHORIZATION_FAILED:
            found.append(message)
    assert len(found) == count
    return found


def documents(agency: Agency) -> list[dict[str, Any]]:
    """The messages of an agency's AsyncAPI document."""
    document = json.loads((CONTRACTS / f"{agency}.asyncapi.json").read_text(encoding="utf-8"))
    return list(document["components"]["messages"].values())


def resources() -> Registry[Any]:
    return Registry().with_resources(
        (f"./{file.relative_to(CONTRACTS).as_posix()}", Resource.from_contents(json.loads(file.read_bytes())))
        for file in CONTRACTS.rglob("*.json")
        if not file.name.endswith(".asyncapi.json")
    )


def fits(schema: Any, value: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(schema, registry=resources()).is_valid(value))


def test_everything_we_publish_is_read_as_cloudevents_that_fit_the_exported_documents(
    access: BrokerAccess, logs: dict[Agency, AgencyLog]
) -> None:
    sent = relay_everything(access, logs)
    types = set()
    for channel, envelopes in sent.items():
        hearer = AGREEMENT.party(channel.hearer)
        for message, envelope in zip(
            read(access, hearer.code, channel, len(envelopes)), envelopes, strict=True
        ):
            assert message.error() is None
            event = from_binary(
                KafkaMessage(dict(message.headers()), message.key(), message.value()), JSONFormat()
            )
            sealed = json.loads(envelope)
            assert event.get_data() == sealed.pop("data")
            headers = {
                name.removeprefix("ce_"): value.decode()
                for name, value in message.headers()
                if name != "content-type"
            }
            assert headers | {"datacontenttype": event.get_datacontenttype()} == sealed
            assert event.get_id() == sealed["id"]
            assert event.get_extension("sequence") == sealed["sequence"]
            places = [it for it in documents(hearer.agency) if it["name"] == event.get_type()]
            assert any(
                fits(it["headers"]["schema"], sealed) and fits(it["payload"]["schema"], event.get_data())
                for it in places
            ), sealed
            types.add(event.get_type())
    assert types == {contract.type for contract in REGISTRY.values() if contract.about != "channel"}


def test_the_documents_tell_an_event_that_does_not_fit(access: BrokerAccess) -> None:
    """That the check above can fail: the same event with a field too many, and with one too few."""
    (place,) = [it for it in documents(Agency.COMMUNE) if it["name"] == "vn.phoihop.police.PersonReleased.v1"]
    contract = REGISTRY[Agency.POLICE, "PersonReleased"]
    data = contract.cut(contract.example, contract.to[0])
    assert fits(place["payload"]["schema"], data)
    assert not fits(place["payload"]["schema"], data | {"offence": "…"})
    assert not fits(place["payload"]["schema"], {name: data[name] for name in data if name != "commune"})


def test_another_consumer_cannot_see_what_is_not_addressed_to_it(access: BrokerAccess) -> None:
    consumer = consumer_of(access, UBND_DONG)
    try:
        for channel, error in ((Channel(CA_DONG, UBND_DONG), None), (Channel(CA_TAY, PGD), 29)):
            topic = access.topic(channel)
            found = consumer.list_topics(topic, PATIENCE).topics[topic].error
            assert (found.code() if found else None) == error  # 29: TOPIC_AUTHORIZATION_FAILED
    finally:
        consumer.close()
