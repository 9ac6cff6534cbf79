"""Real services, each its own process, that hear each other over a broker with TLS, passwords and rights."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra.kafka.broker import ADMIN, Broker
from shared.agreement.parties import Agency, Channel, load_agreement
from shared.hosting.config import load_config, save_config
from shared.hosting.processes import ServiceProcess, Together
from shared.hosting.setup import prepare
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.administration import administration, channels_of
from tests.kafka.conftest import as_administrator
from tests.kafka.wire import wait_until
from tests.scenarios.playing import EXAMPLES, free_ports
from tests.unit.police_workbook import row, sheet

AGREEMENT = EXAMPLES / "agreement.toml"
TOLD = Channel("ca-hoamau", "ubnd-hoamau")
PHOIHOP = Path(sys.executable).with_name("phoihop")
_numbers = count(1)


@pytest.fixture
def broker_access(secure: Broker) -> BrokerAccess:
    """The example's agreement on the secure broker, with topics of this test only and every office's password."""
    agreement = load_agreement(AGREEMENT)
    access = msgspec.structs.replace(as_administrator(secure), namespace=f"services{next(_numbers)}")
    with administration(access, ADMIN) as steward:
        steward.set_up(channels_of(agreement), replication=1)
        passwords = {party.code: steward.grant(party.code) for party in agreement.parties}
    return msgspec.structs.replace(access, passwords=passwords)


def command(data: Path, *arguments: str, entered: str = "") -> str:
    done = subprocess.run(
        [str(PHOIHOP), "--lang", "en", "--data", str(data), *arguments],
        input=entered,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def register(data: Path, people: int) -> None:
    """The police of Hòa Mẫu register new people from a workbook."""
    workbook = data / f"{next(_numbers)}.csv"
    workbook.write_bytes(sheet(*(row(next(_numbers), Xã="99901") for _ in range(people))))
    command(data, "import", str(workbook), "--agency", "police")


def head(data: Path, agency: Agency, side: str, channel: Channel = TOLD) -> tuple[int, bytes]:
    with closing(sqlite3.connect(f"file:{data / agency / 'log.sqlite'}?mode=ro", uri=True, timeout=30)) as db:
        query = f"SELECT sequence, digest FROM {side} WHERE channel=? ORDER BY sequence DESC LIMIT 1"
        found: tuple[int, bytes] = db.execute(query, (channel.name,)).fetchone() or (0, b"")
        return found


def wait_until_heard(data: Path, channel: Channel = TOLD, hearer: Agency = Agency.COMMUNE) -> int:
    told = head(data, Agency.POLICE, "told", channel)
    wait_until(
        lambda: head(data, hearer, "heard", channel)[0] >= told[0],
        lambda: (data / hearer / "service.log").read_text()[-3000:] + str(told),
    )
    assert head(data, hearer, "heard", channel) == told
    return told[0]


def status(data: Path, agency: Agency) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command(data, "status", "--json", "-"))[agency]
    return found


def line(status: dict[str, Any], way: str, channel: Channel) -> dict[str, Any]:
    (found,) = [each for each in status[way] if each["channel"] == channel.name]
    return dict(found)


@contextmanager
def ended(*processes: ServiceProcess) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            process.stop()


class Part(ServiceProcess):
    """A service's worker (or web part) as a process of its own."""

    def start(self, part: str = "worker") -> None:
        with self.log_file.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "shared.hosting.run", str(self.folder), part],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )


@pytest.fixture
def data(tmp_path: Path, broker_access: BrokerAccess) -> Path:
    ports = {agency: free_ports() for agency in Agency}
    prepare(tmp_path / "var", AGREEMENT, ports=ports, broker=broker_access)
    return tmp_path / "var"


def test_services_hear_each_other_over_the_broker_alone(data: Path) -> None:
    with Together(data, [Agency.POLICE, Agency.COMMUNE]):
        register(data, 5)
        assert wait_until_heard(data) >= 5
        relayed = line(status(data, Agency.POLICE), "outgoing", TOLD)
        assert (relayed["carrier"], relayed["state"], relayed["lag"]) == ("kafka", "relaying", 0)
        heard = line(status(data, Agency.COMMUNE), "incoming", TOLD)
        assert (heard["carrier"], heard["state"], heard["lag"]) == ("kafka", "listening", 0)


def test_when_a_worker_is_killed_the_waiting_one_takes_over_and_nothing_is_lost(data: Path) -> None:
    police = [Part(Agency.POLICE, data / "police") for _ in range(2)]
    commune = [Part(Agency.COMMUNE, data / "commune") for _ in range(2)]
    with ended(*police, *commune):
        for worker in (*police, *commune):
            worker.start()
        register(data, 40)
        wait_until(lambda: head(data, Agency.COMMUNE, "heard")[0] > 0)
        register(data, 40)
        leader(data / "police", police).kill()
        leader(data / "commune", commune).kill()
        register(data, 40)
        assert wait_until_heard(data) >= 120


def leader(folder: Path, workers: list[Part]) -> ServiceProcess:
    pid = json.loads((folder / "worker.json").read_bytes())["pid"]
    (found,) = [worker for worker in workers if worker.process is not None and worker.process.pid == pid]
    return found


def test_a_service_that_is_told_to_end_ends_soon_and_in_order(data: Path) -> None:
    worker = Part(Agency.COMMUNE, data / "commune")
    with ended(worker):
        worker.start()
        wait_until((data / "commune" / "worker.json").exists)
        wait_until(lambda: {it["state"] for it in status(data, Agency.COMMUNE)["incoming"]} == {"listening"})
        assert worker.process is not None
        worker.process.terminate()
        assert worker.process.wait(15) == 0
        assert "Traceback" not in worker.log_file.read_text()


def test_a_channel_moves_from_the_feed_to_the_broker_and_back(
    tmp_path: Path, broker_access: BrokerAccess
) -> None:
    """The publisher copies from what the hearer said to have; the hearer reads both until the topic has the next."""
    data = tmp_path / "var"
    prepare(data, AGREEMENT, ports={agency: free_ports() for agency in Agency})
    agencies = (Agency.POLICE, Agency.COMMUNE)
    with Together(data, agencies):
        register(data, 3)
        before = wait_until_heard(data)
        assert line(status(data, Agency.COMMUNE), "incoming", TOLD)["carrier"] == "feed"
    for agency in agencies:
        folder = data / agency
        save_config(folder, msgspec.structs.replace(load_config(folder), broker=broker_access))
    assert f"behind {before} is copied" in migrate(data, "police", "kafka")
    migrate(data, "commune", "kafka")
    with Together(data, agencies):
        assert line(status(data, Agency.COMMUNE), "incoming", TOLD)["heard"] == before
        register(data, 3)
        during = wait_until_heard(data)
        while (
            carrier(data) != "kafka"
        ):  # Who is faster is chance: the feed may bring each of the next ones first.
            register(data, 1)
        wait_until_heard(data)
    with ended(
        relaying := Part(Agency.POLICE, data / "police"), hearing := Part(Agency.COMMUNE, data / "commune")
    ):
        relaying.start()  # The police's feed is not served any more.
        hearing.start()
        register(data, 3)
        assert wait_until_heard(data) > during
    assert changes(data) == ["kafka"]
    migrate(data, "police", "feed")
    migrate(data, "commune", "feed")
    with Together(data, agencies):
        register(data, 3)
        wait_until_heard(data)
        assert carrier(data) == "feed"
    assert changes(data) == ["kafka", "feed"]


def migrate(data: Path, agency: str, target: str) -> str:
    return command(data, "migrate", "carrier", agency, TOLD.publisher, TOLD.hearer, "--to", target)


def carrier(data: Path) -> str:
    return str(line(status(data, Agency.COMMUNE), "incoming", TOLD)["carrier"])


def changes(data: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{data / 'commune' / 'log.sqlite'}?mode=ro", uri=True)) as db:
        states = db.execute(
            "SELECT state FROM stored_events WHERE topic LIKE 'messaging/carrier.changed#%' ORDER BY notification_id"
        )
        return [json.loads(state)["carrier"] for (state,) in states]
