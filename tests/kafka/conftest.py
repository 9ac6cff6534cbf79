"""Real brokers, started once for all tests here. In CI a missing Java or Maven fails; elsewhere it is said loudly."""

import os
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

import pytest

from infra.kafka.broker import ADMIN, Broker
from infra.kafka.libraries import Missing, java, libraries
from shared.agreement.parties import Channel
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.administration import administration, channels_of
from tests.support.kernel import AGREEMENT

SKIPPED = "NO KAFKA TESTS: "
_namespaces = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # kafka-python leaves sockets of broken connections to the garbage collector (test_clients.py counts them).
    ignore = pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(ignore)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = {
        report.longrepr[2]
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    }
    for reason in sorted(reason for reason in reasons if SKIPPED in reason):
        terminalreporter.write_sep("!", reason, red=True, bold=True)


@pytest.fixture(scope="session", autouse=True)
def kafka() -> None:
    """That a broker can be run here at all."""
    try:
        java(), libraries()
    except Missing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(f"{SKIPPED}{missing}")


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker without TLS."""
    yield from running(Broker(tmp_path_factory.mktemp("plain")))


@pytest.fixture(scope="session")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker with TLS, SCRAM and ACLs."""
    yield from running(Broker(tmp_path_factory.mktemp("secure"), secure=True))


def running(broker: Broker) -> Iterator[Broker]:
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


def own_topics(broker: Broker, channels: Iterable[Channel] = ()) -> BrokerAccess:
    """Access to topics that only one test uses: those of the channels given, or of the whole agreement."""
    access = BrokerAccess((broker.bootstrap,), namespace=f"test{next(_namespaces)}")
    set_up(access, channels)
    return access


def set_up(access: BrokerAccess, channels: Iterable[Channel] = ()) -> list[str]:
    with administration(access, ADMIN) as steward:
        return steward.set_up(list(channels) or channels_of(AGREEMENT), replication=1)


def as_administrator(broker: Broker, ca_file: Path | None = None) -> BrokerAccess:
    ca = ca_file or broker.ca_file
    return BrokerAccess((broker.bootstrap,), str(ca), {ADMIN: broker.admin_password})


@pytest.fixture(scope="session")
def passwords(secure: Broker) -> dict[str, str]:
    """The whole agreement set up on the secure broker, and every party's password."""
    set_up(as_administrator(secure))
    with administration(as_administrator(secure), ADMIN) as steward:
        return {party.code: steward.grant(party.code) for party in AGREEMENT.parties}
