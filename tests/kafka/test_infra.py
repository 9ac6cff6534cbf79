"""The brokers that infra/ runs: started again on the same data, and clear about what is missing."""

from pathlib import Path

import pytest

from infra.kafka import libraries
from infra.kafka.broker import Broker, DidNotStart
from infra.kafka.libraries import INSTALL, Missing
from infra.kafka.ready import ready_broker
from tests.kafka.wire import Wire
from tests.support.kernel import AGREEMENT
from tests.support.peers import peers, persons


def test_a_broker_that_is_ready_for_an_agreement_holds_its_messages_when_it_is_started_again(
    tmp_path: Path,
) -> None:
    with peers(tmp_path) as office:
        with ready_broker(tmp_path / "broker", AGREEMENT) as access:
            sealed = office.release(*persons(3))
            wire = Wire(access, office.police, office.hearer)
            wire.copy_all()
            wire.end()
        with ready_broker(tmp_path / "broker", AGREEMENT) as again:
            assert again == access
            wire = Wire(again, office.police, office.hearer)
            assert wire.reader.fetch(wire.channel, None) == (sealed, 3)
            wire.end()


def test_a_program_that_is_missing_is_named_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for act, program in ((libraries.java, "java"), (libraries.libraries, "mvn")):
        with pytest.raises(Missing) as missing:
            act()
        assert str(missing.value) == f"{program} is not installed; on Debian 12: {INSTALL}"


def test_a_broker_that_does_not_come_up_says_why(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    settings = tmp_path / "server.properties"
    settings.write_text(settings.read_text() + "\nnum.io.threads=none\n")
    with pytest.raises(DidNotStart, match=r"num\.io\.threads"):
        broker.start()
