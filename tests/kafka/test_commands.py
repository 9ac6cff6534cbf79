"""`phoihop broker` and `phoihop migrate` as an administrator types them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.kafka.broker import Broker, free_ports
from shared.agreement.parties import Agency, Channel, load_agreement
from shared.hosting.config import load_config
from shared.hosting.setup import prepare
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.administration import channels_of
from shared.messaging.kafka.clients import administrating
from tests.scenarios.playing import EXAMPLES

AGREEMENT = EXAMPLES / "agreement.toml"
PHOIHOP = str(Path(sys.executable).with_name("phoihop"))
OURS = ("--namespace", "commands")
CHANNEL = ("ca-hoamau", "ubnd-hoamau")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    prepare(tmp_path / "var", AGREEMENT, ports=dict(zip(Agency, free_ports(3), strict=True)))
    return tmp_path / "var"


def phoihop(
    *arguments: object, data: Path | None = None, password: str = "", entered: str = ""
) -> tuple[int, str]:
    folder = ["--data", str(data)] if data else []
    done = subprocess.run(
        [PHOIHOP, "--lang", "en", *folder, *map(str, arguments)],
        input=entered,
        env=os.environ | {"PHOIHOP_BROKER_PASSWORD": password, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def at(broker: Broker) -> list[object]:
    return ["--bootstrap", broker.bootstrap, "--ca", broker.ca_file]


def test_an_administrator_sets_an_agreement_up_and_gives_an_office_its_password(
    secure: Broker, data: Path
) -> None:
    count = len(channels_of(load_agreement(AGREEMENT)))
    setup = ["broker", "setup", AGREEMENT, *at(secure), "--replication", 1, *OURS]
    assert phoihop(*setup, password=secure.admin_password) == (0, f"{count} topics, {count} made now.\n")
    assert phoihop(*setup, password=secure.admin_password) == (0, f"{count} topics, 0 made now.\n")

    passwords = []
    for office in load_config(data / "police").offices:
        code, shown = phoihop(
            "broker", "grant", AGREEMENT, office, *at(secure), password=secure.admin_password
        )
        assert code == 0
        passwords.append(shown.strip())
    entered = "".join(f"{password}\n" for password in passwords)
    code, shown = phoihop("broker", "connect", "police", *at(secure), *OURS, data=data, entered=entered)
    assert code == 0, shown
    assert all(password not in shown for password in passwords)
    access = load_config(data / "police").broker
    assert access == BrokerAccess(
        (secure.bootstrap,),
        str(secure.ca_file),
        {"ca-hoamau": passwords[0], "ca-thienmong": passwords[1]},
        namespace="commands",
    )
    assert (data / "police" / "service.json").stat().st_mode & 0o777 == 0o600
    with administrating(access, "ca-hoamau") as client:
        assert access.topic(Channel(*CHANNEL)) in client.list_topics()


def test_whoever_is_no_administrator_is_refused_in_a_sentence(secure: Broker) -> None:
    code, shown = phoihop("broker", "setup", AGREEMENT, *at(secure), password="guessed")
    assert code == 2
    assert "does not let user admin sign in" in shown
    assert "Traceback" not in shown


def test_a_broker_that_cannot_be_reached_or_has_too_few_nodes_is_named(secure: Broker) -> None:
    (port,) = free_ports(1)
    code, shown = phoihop("broker", "setup", AGREEMENT, "--bootstrap", f"127.0.0.1:{port}")
    assert (code, "Connection refused" in shown) == (2, True)
    code, shown = phoihop("broker", "setup", AGREEMENT, "--bootstrap", "kafka.example:9092")
    assert (code, "is not on this machine" in shown) == (2, True)
    other = EXAMPLES.parent / "tests" / "kafka" / "two_offices.toml"
    code, shown = phoihop(
        "broker", "setup", other, *at(secure), "--replication", 3, password=secure.admin_password
    )
    assert (code, "replication" in shown.lower()) == (2, True)


def test_a_party_that_is_not_in_the_agreement_gets_no_password(secure: Broker) -> None:
    code, shown = phoihop(
        "broker", "grant", AGREEMENT, "ca-nobody", *at(secure), password=secure.admin_password
    )
    assert (code, "ca-nobody is not a party" in shown) == (2, True)


def test_a_channel_does_not_move_to_a_broker_that_is_not_set(data: Path) -> None:
    before = load_config(data / "police"), load_config(data / "commune")
    for agency in ("police", "commune"):
        code, shown = phoihop("migrate", "carrier", agency, *CHANNEL, "--to", "kafka", data=data)
        assert (code, "no broker is set: run «phoihop broker connect»" in shown) == (2, True)
    assert (load_config(data / "police"), load_config(data / "commune")) == before


def test_a_channel_moves_only_at_its_own_offices_and_from_what_was_told(secure: Broker, data: Path) -> None:
    for agency in ("police", "commune", "bank"):
        offices = load_config(data / agency).offices
        assert (
            phoihop("broker", "connect", agency, *at(secure), data=data, entered="x\n" * len(offices))[0] == 0
        )
    move = ("--to", "kafka")
    code, shown = phoihop("migrate", "carrier", "bank", *CHANNEL, *move, data=data)
    assert (code, "hosts no office of this channel" in shown) == (2, True)
    code, shown = phoihop("migrate", "carrier", "police", *CHANNEL, *move, "--after", 5, data=data)
    assert (code, "0 messages only" in shown) == (2, True)
    assert phoihop("migrate", "carrier", "police", *CHANNEL, *move, data=data)[0] == 0
    assert load_config(data / "police").relayed == (Channel(*CHANNEL),)
    assert phoihop("migrate", "carrier", "commune", *CHANNEL, *move, data=data)[0] == 0
    (link,) = [it for it in load_config(data / "commune").links if it.channel == Channel(*CHANNEL)]
    assert (link.carrier, bool(link.url)) == ("kafka", True)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('"relayed": [{"publisher": "ca-hoamau", "hearer": "x"}]', "no broker is set"),
        ('"broker": {"bootstrap": ["nowhere"]}', "expected HOST:PORT"),
        ('"broker": {"bootstrap": []}', "bootstrap is empty"),
        ('"links": [{"publisher": "a", "hearer": "b", "carrier": "pigeon"}]', "carrier"),
        ('"links": [{"publisher": "a", "hearer": "b"}]', "a→b has no url"),
        (
            '"broker": {"bootstrap": ["localhost:1"]}, "relayed": [{"publisher": "z", "hearer": "x"}]',
            "z is not hosted here",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused_by_file_and_place(data: Path, line: str, words: str) -> None:
    file = data / "police" / "service.json"
    file.write_text(
        f'{{"agency": "police", "offices": ["ca-hoamau"], "agreement": "a", "port": 1, {line}}}',
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match=words) as refused:
        load_config(data / "police")
    assert str(file) in str(refused.value)
