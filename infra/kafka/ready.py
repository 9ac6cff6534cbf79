"""A secure broker made ready for an agreement: topics, rights, and a password for every party."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from infra.kafka.broker import ADMIN, Broker
from shared.agreement.parties import Agreement
from shared.messaging.credentials import write_private
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.administration import administration, channels_of


@contextmanager
def ready_broker(folder: Path, agreement: Agreement) -> Iterator[BrokerAccess]:
    """A broker that runs while the block does, on the same data each time. Raises Missing, DidNotStart."""
    broker = Broker(folder, secure=True)
    broker.start()
    try:
        yield set_up_once(broker, agreement)
    finally:
        broker.stop()


def set_up_once(broker: Broker, agreement: Agreement, namespace: str = "phoihop") -> BrokerAccess:
    """How every party of the agreement reaches the broker; kept in the broker's folder."""
    file = broker.folder / f"{namespace}.json"
    if file.exists():
        return msgspec.json.decode(file.read_bytes(), type=BrokerAccess)
    ca_file = str(broker.ca_file) if broker.secure else None
    access = BrokerAccess((broker.bootstrap,), ca_file, {ADMIN: broker.admin_password}, namespace=namespace)
    with administration(access, ADMIN) as steward:
        steward.set_up(channels_of(agreement), replication=1)
        granted = {party.code: steward.grant(party.code) for party in agreement.parties} if ca_file else {}
    access = msgspec.structs.replace(access, passwords=granted)
    write_private(file, msgspec.json.encode(access))
    return access
