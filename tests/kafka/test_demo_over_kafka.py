"""Months of the demonstration over a broker, with services and broker killed meanwhile: the same facts come out."""

from datetime import date
from pathlib import Path

import msgspec

from infra.kafka.broker import ADMIN, Broker
from shared.agreement.parties import Agency, load_agreement
from shared.demo.driver import opening
from shared.demo.offices import Json
from shared.demo.quiet import heard_on, told_on, wait_until_quiet
from shared.hosting.processes import Together
from shared.hosting.setup import prepare
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.administration import administration, channels_of
from tests.kafka.conftest import as_administrator
from tests.scenarios.playing import EXAMPLES, YEAR, at_the_desks, free_ports, natural_facts, play_until

AGREEMENT = EXAMPLES / "agreement.toml"
LAST = date(2025, 11, 3)


def played(
    services: Path, broker: BrokerAccess | None, kill: Broker | None = None
) -> tuple[Json, dict[str, str]]:
    """The facts after the first list, and every channel's digest, which both ends have alike."""
    ports = dict(zip(Agency, range(first := free_ports(), first + 3), strict=True))
    agreement = prepare(services, AGREEMENT, ports=ports, stepped_from=opening(YEAR.begins), broker=broker)
    with Together(services) as together, at_the_desks(together, services, agreement) as offices:
        play_until(offices, date(2025, 10, 27))
        if kill:
            kill.kill()
            together.services[Agency.COMMUNE].kill()
            kill.start()
            together.watch()
        play_until(offices, LAST)
        statuses = wait_until_quiet(offices, LAST)
        told, heard = told_on(statuses), heard_on(statuses)
        for channel, line in told.items():
            if line["told"]:
                assert (heard[channel]["heard"], heard[channel]["digest"]) == (line["told"], line["digest"])
        return natural_facts(offices), {channel: line["carrier"] for channel, line in heard.items()}


def test_over_a_broker_that_is_killed_the_year_brings_the_same_facts_as_embedded(
    tmp_path: Path, secure: Broker
) -> None:
    agreement = load_agreement(AGREEMENT)
    access = msgspec.structs.replace(as_administrator(secure), namespace="demo")
    with administration(access, ADMIN) as steward:
        steward.set_up(channels_of(agreement), replication=1)
        passwords = {party.code: steward.grant(party.code) for party in agreement.parties}
    over_kafka, carriers = played(
        tmp_path / "kafka", msgspec.structs.replace(access, passwords=passwords), secure
    )
    embedded, _ = played(tmp_path / "embedded", None)
    assert over_kafka == embedded
    assert set(carriers.values()) == {"kafka"}
