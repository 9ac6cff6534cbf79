"""What stands in the three logs after a whole year: who was told what, and that looking at it again tells nobody.

The logs are read as files, so it does not matter whether the services run.
"""

import csv
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import pytest

from shared.agreement.parties import Agency, Channel, load_agreement
from shared.contracts.base import Contract, To
from shared.contracts.registry import REGISTRY
from shared.hosting.config import load_config
from shared.hosting.host import Host, everything_published, open_host
from shared.log.channels import NOTHING, chain, envelope_hash
from shared.log.clock import local_day
from shared.messaging.envelope import Envelope, Letter
from shared.mirror.audit import By, as_of
from shared.mirror.spoken import Memory
from tests.scenarios.conftest import Demo
from tests.scenarios.playing import EXAMPLES, YEAR

AGREEMENT = load_agreement(EXAMPLES / "agreement.toml")
CA_HM, CA_TM = "ca-hoamau", "ca-thienmong"
UBND_HM, UBND_TM = "ubnd-hoamau", "ubnd-thienmong"
PGD = "pgd-songmau"
AUDITED = 12
"""Cases of each office that are audited."""


@dataclass(frozen=True)
class Said:
    """A message as it stands on a channel."""

    channel: Channel
    raw: bytes
    envelope: Envelope
    contract: Contract

    @property
    def place(self) -> To | None:
        """As which recipient of its contract the hearer was told; None when it is none."""
        data = self.envelope.data
        for to in self.contract.to:
            if to.agency is agency_of(self.channel.hearer) and set(to.fields) == set(data):
                if self.contract.about == "channel":
                    return to
                office = AGREEMENT.office(to.agency, data[to.commune], local_day(self.envelope.time))
                if office is not None and office.code == self.channel.hearer:
                    return to
        return None


def agency_of(office: str) -> Agency:
    return AGREEMENT.party(office).agency


@contextmanager
def log_of(demo: Demo, agency: Agency) -> Iterator[sqlite3.Connection]:
    file = demo.services / agency / "log.sqlite"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as db:
        yield db


@pytest.fixture(scope="module")
def said(demo: Demo) -> list[Said]:
    """Everything that was told in the year."""
    found = []
    for agency in Agency:
        with log_of(demo, agency) as db:
            for channel, raw in db.execute("SELECT channel, envelope FROM told ORDER BY channel, sequence"):
                envelope = Letter.read(raw).envelope
                found.append(Said(Channel.named(channel), raw, envelope, REGISTRY.by_type[envelope.type]))
    return found


def every(*pairs: tuple[str, str]) -> set[Channel]:
    return {Channel(*pair) for pair in pairs}


BANK_TO_ALL = every((PGD, CA_HM), (PGD, UBND_HM), (PGD, CA_TM), (PGD, UBND_TM))


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("PersonReleased", every((CA_HM, UBND_HM), (CA_TM, UBND_TM))),
        ("ListSubmitted", every((CA_HM, UBND_HM), (CA_HM, PGD), (CA_TM, UBND_TM), (CA_TM, PGD))),
        ("LoanDisbursed", BANK_TO_ALL),
        ("DebtRecovered", BANK_TO_ALL),
    ],
)
def test_a_named_event_crosses_every_channel_that_its_contract_names_and_no_other(
    said: list[Said], name: str, channels: set[Channel]
) -> None:
    assert {it.channel for it in said if it.contract.name == name} == channels


def test_every_message_is_its_publisher_s_to_say_and_goes_to_an_office_that_its_contract_names(
    said: list[Said],
) -> None:
    for it in said:
        assert it.envelope.publisher == it.channel.publisher
        assert it.contract.publisher is agency_of(it.channel.publisher)
        assert it.place, f"{it.contract.name} on {it.channel.name}"


def test_no_message_says_more_than_its_recipient_may_see(said: list[Said]) -> None:
    """At every depth, since the recipient's schema refuses a field it does not know; nor whom it touches."""
    for it in said:
        assert it.place
        assert it.contract.schema(only=it.place.fields).validate(it.envelope.data) == {}, it.contract.name
        assert it.place.sees_cases or not it.envelope.cases


def people() -> list[dict[str, str]]:
    with (EXAMPLES / "people.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def notes() -> set[str]:
    """What officers wrote for themselves: of the people in the workbooks, and of those struck from a list."""
    struck = {each.note for it in YEAR.lists for round in it.rounds for each in round.struck}
    return struck | {row["note"] for row in people() if row["note"]}


def borrowers() -> set[str]:
    """Names and numbers of those who borrow for somebody else."""
    others = [loan.borrower for loan in YEAR.loans if loan.borrower.relation != "self"]
    return {who.name for who in others} | {who.identity_number for who in others}


def receipts() -> set[str]:
    """The numbers of receipts, of which most are for interest too."""
    return {receipt.no for loan in YEAR.loans for receipt in loan.receipts}


@pytest.mark.parametrize("kept_at_home", [notes, borrowers, receipts], ids=lambda kept: kept.__name__)
def test_what_an_office_keeps_to_itself_stands_in_its_own_log_and_in_no_message(
    demo: Demo, said: list[Said], kept_at_home: Callable[[], set[str]]
) -> None:
    secrets = kept_at_home()
    assert len(secrets) > 5
    decided = "".join(own_decisions(demo))
    assert {secret for secret in secrets if secret not in decided} == set()
    told = "".join(it.raw.decode() for it in said)
    assert {secret for secret in secrets if secret in told} == set()


def own_decisions(demo: Demo) -> Iterator[str]:
    for agency in Agency:
        with log_of(demo, agency) as db:
            for (state,) in db.execute("SELECT state FROM stored_events WHERE topic NOT LIKE 'messaging/%'"):
                yield state.decode()


def test_the_bank_hears_only_of_people_whose_entries_were_handed_to_it(said: list[Said]) -> None:
    to_bank = [it for it in said if it.channel.hearer == PGD]
    handed = {
        line["person_id"]
        for it in to_bank
        if it.contract.name == "ListSubmitted"
        for line in it.envelope.data["entries"]
    }
    sent = {
        line["person_id"]
        for it in said
        if it.contract.name == "ListSentForConfirmation"
        for line in it.envelope.data["entries"]
    }
    assert handed < sent, "somebody must have been struck or withdrawn before"
    assert {str(case) for it in to_bank for case in it.envelope.case_ids} <= handed
    text = "".join(it.raw.decode() for it in to_bank)
    for word in ("conduct", "social_evils", "decision", "struck", *sorted(sent - handed)):
        assert word not in text


def test_both_ends_of_every_channel_hold_the_chain_of_what_was_said(demo: Demo, said: list[Said]) -> None:
    """The digests as stored, on either side, are those of the messages' own bytes."""
    for channel in {it.channel for it in said}:
        digest, messages = NOTHING, [it for it in said if it.channel == channel]
        for message in messages:
            digest = chain(digest, envelope_hash(message.raw))
        for side, end in (("told", channel.publisher), ("heard", channel.hearer)):
            with log_of(demo, agency_of(end)) as db:
                (last, held) = db.execute(
                    f"SELECT sequence, digest FROM {side} WHERE channel=? ORDER BY sequence DESC LIMIT 1",
                    (channel.name,),
                ).fetchone()
            assert (last, bytes(held)) == (len(messages), digest), (channel.name, side)


@contextmanager
def replica(demo: Demo, agency: Agency, folder: Path) -> Iterator[Host]:
    """The service opened on a copy of its log, with nothing of its views."""
    there = demo.services / agency
    for file in ("service.json", "peers.json", "clock"):
        shutil.copy(there / file, folder)
    with log_of(demo, agency) as log, closing(sqlite3.connect(folder / "log.sqlite")) as copy:
        log.backup(copy)
    host = open_host(folder, load_config(folder))
    try:
        yield host
    finally:
        host.close()


def live_views(demo: Demo, agency: Agency) -> dict[str, list[tuple[object, ...]]]:
    folder = demo.services / agency
    host = open_host(folder, load_config(folder))
    try:
        return host.service.views.dump()
    finally:
        host.close()


@pytest.mark.parametrize("agency", Agency)
def test_views_folded_anew_from_the_log_hold_what_the_live_ones_hold(
    demo: Demo, agency: Agency, tmp_path: Path
) -> None:
    with replica(demo, agency, tmp_path) as host:
        host.service.views.rebuild()
        anew, live = host.service.views.dump(), live_views(demo, agency)
    assert len(live["case_files"]) > 20
    for name, table in live.items():
        if name != "progress":  # how far it was folded: the services may have ticked on
            assert anew[name] == table, name


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("replay reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


def everything_kept(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(f"file:{folder / 'log.sqlite'}?mode=ro", uri=True)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("agency", Agency)
def test_rebuilding_auditing_and_reading_the_whole_log_again_sends_and_records_nothing(
    demo: Demo, agency: Agency, tmp_path: Path
) -> None:
    with replica(demo, agency, tmp_path) as host:
        before = everything_kept(tmp_path)
        reminders = sum("reminder" in str(row) for row in before["stored_events"])
        assert reminders > 0 or agency is Agency.BANK
        host.service.views.rebuild()
        audit_some(host)
        assert sum(len(page) for page in host.service.log.read()) == len(before["stored_events"])
        assert everything_kept(tmp_path) == before


def audit_some(host: Host) -> None:
    memory = Memory(host.service.agreement, everything_published(host.service.definition))
    with host.service.views.reading() as db:
        cases = db.execute("SELECT office, case_id FROM case_files ORDER BY case_id").fetchall()
    found = 0
    ways: tuple[By, ...] = ("learnt", "occurred")
    for office, case in cases[:AUDITED]:
        for by in ways:
            answer = as_of(host.service.log, memory, office, UUID(case), date(2026, 6, 1), by)
            found += len(answer.knew)
    assert found > 0
