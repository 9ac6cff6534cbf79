"""Two real services, police and committees, over real HTTP: killed, cut off, fed rubbish.

Nothing is lost or doubled, and order is kept."""

import http.client
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import msgspec
import pytest

from services.commune.resident import ResidentNoted
from services.police.person_events import PersonRegistered
from shared.agreement.acting import Role
from shared.agreement.parties import Agency, Channel
from shared.demo.offices import ActRefused
from shared.hosting.config import load_config, save_config
from shared.hosting.ticks import Ticked
from shared.log.application import CommandCarriedOut
from shared.messaging.puller import FIRST_PAUSE
from tests.support.neighbours import (
    CA_HM,
    CA_TM,
    COMMITTEE_OF,
    UBND_HM,
    UBND_TM,
    Kept,
    Neighbours,
    eventually,
    kept_by,
    neighbours,
    person,
    read,
)
from tests.support.rubbish import answering, rubbish_peer, saying
from tests.support.slow_relay import slow_relay
from tests.support.town import PASSWORD

COMMANDS, KILLS = 60, 6
MOST_COMMANDS = 400
LONGEST_PEACE = 0.5  # seconds between two kills
CHANNEL = Channel(CA_HM, UBND_HM)


def assert_everything_told_was_heard(police: Kept, commune: Kept) -> None:
    """Exactly once and in order on each channel between them; both ends hold the same digest."""
    between = {name for name in police.told if Channel.named(name).hearer.startswith("ubnd")}
    assert between <= set(commune.heard)
    for name in between:
        assert commune.heard[name] == police.told[name]
        assert commune.receipts[name] == police.told[name]
        assert commune.digests[name] == police.digests[name]


def test_a_decision_of_the_police_is_heard_by_the_committee(tmp_path: Path) -> None:
    with neighbours(tmp_path) as pair:
        case = pair.register(CA_HM, 1, "k1")
        pair.wait_until_heard(CHANNEL)
        heard = pair.offices.get(UBND_HM, f"/api/residents/{case}")
        assert heard["particulars"]["full_name"] == person(1)["full_name"]
        assert "certificate_no" not in heard
        with pytest.raises(ActRefused, match="Không tìm thấy"):
            pair.offices.get(UBND_TM, f"/api/residents/{case}")


def test_killed_at_any_moment_under_steady_commands_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """Each command is sent until it is acknowledged, always with its own key."""
    chance = Random(20231010)
    registered: dict[str, str] = {}
    noted: set[str] = set()
    with neighbours(tmp_path) as pair:
        with pair.supervisor.torment(chance, LONGEST_PEACE, KILLS):
            while len(registered) + len(noted) < COMMANDS or pair.supervisor.kills < KILLS:
                assert len(registered) < MOST_COMMANDS, f"only {pair.supervisor.kills} kills"
                number = len(registered)
                police = chance.choice([CA_HM, CA_TM])
                registered[f"registered-{number}"] = case = pair.register(
                    police, number, f"registered-{number}"
                )
                if chance.random() < 0.4:
                    noted.add(note_when_heard(pair, COMMITTEE_OF[police], case))
        for police in COMMITTEE_OF:
            pair.wait_until_heard(Channel(police, COMMITTEE_OF[police]))
        assert pair.supervisor.kills == KILLS
    police_kept, commune_kept = kept_by(tmp_path, Agency.POLICE), kept_by(tmp_path, Agency.COMMUNE)

    assert sorted(it.key for it in police_kept.of(CommandCarriedOut)) == sorted(registered)
    people = [str(it.case.person_id) for it in police_kept.of(PersonRegistered)]
    assert sorted(people) == sorted(registered.values())
    assert sorted(str(it.who.person_id) for it in commune_kept.of(ResidentNoted)) == sorted(noted)
    assert len(commune_kept.of(CommandCarriedOut)) == len(noted)
    assert_everything_told_was_heard(police_kept, commune_kept)
    assert police_kept.views_are_as_rebuilt
    assert commune_kept.views_are_as_rebuilt


def note_when_heard(pair: Neighbours, committee: str, case: str) -> str:
    """The committee writes a note on a person as soon as it has heard of one; returns the case."""
    path = f"/api/residents/{case}"

    def known() -> bool:
        try:
            return bool(pair.offices.get(committee, path))
        except ActRefused as refused:
            assert refused.why == "not_found"
            return False

    eventually(known, bool)
    body = {"note": f"Đã gặp {case}"}
    pair.offices.command(committee, Role.OFFICER, f"{path}/note", body, f"note-{case}", looking_at=path)
    return case


def test_a_command_whose_reply_was_lost_is_repeated_and_decided_once(tmp_path: Path) -> None:
    """Killed between commit and reply: whoever asked cannot know, and asks again with the same key."""
    body = person(7) | {"commune": "99901"}
    with neighbours(tmp_path, [Agency.POLICE]) as pair:
        police = pair.service(Agency.POLICE)
        headers = bearer(pair, f"officer.{CA_HM}") | {
            "Idempotency-Key": "once",
            "Content-Type": "application/json",
        }
        address = urlsplit(police.url).netloc
        asking = http.client.HTTPConnection(address, timeout=30)
        asking.request("POST", "/api/persons", json.dumps(body), headers)
        eventually(lambda: topics(tmp_path, "log/command.carried_out#1"), lambda found: found == 1)
        police.kill()
        asking.close()
        pair.supervisor.mend()

        status, replayed, answer = post(address, body, headers)
        assert (status, replayed) == (201, "true")
        assert post(address, body, headers) == (status, replayed, answer)
        status, _, problem = post(address, body | {"amount": 1_000_000}, headers)
        assert (status, problem["code"]) == (422, "idempotency_key_reused")
    kept = kept_by(tmp_path, Agency.POLICE)
    assert [str(it.case.person_id) for it in kept.of(PersonRegistered)] == [answer["person_id"]]
    told = read(tmp_path / "police", "SELECT envelope FROM told WHERE channel=?", CHANNEL.name)
    assert sum(b"PersonReleased" in envelope for (envelope,) in told) == 1


def bearer(pair: Neighbours, username: str) -> dict[str, str]:
    address = urlsplit(pair.service(Agency.POLICE).url).netloc
    credentials = {"username": username, "password": PASSWORD}
    _, _, answer = post(address, credentials, {"Content-Type": "application/json"}, "/api/tokens")
    return {"Authorization": f"Bearer {answer['token']}"}


def post(
    address: str, body: object, headers: dict[str, str], path: str = "/api/persons"
) -> tuple[int, str | None, dict[str, str]]:
    """Status, whether it was decided before, and what was answered."""
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Idempotent-Replayed"), json.loads(answer.read())
    finally:
        connection.close()


def topics(data: Path, topic: str) -> int:
    found: int = read(data / "police", "SELECT COUNT(*) FROM stored_events WHERE topic=?", topic)[0][0]
    return found


def test_a_committee_that_was_away_for_weeks_hears_all_of_it_and_ticks_the_days_one_by_one(
    tmp_path: Path,
) -> None:
    away = 24  # days
    start = datetime(2026, 3, 2, 2, tzinfo=UTC)
    rows = "\n".join(workbook_row(number) for number in range(230))
    header = (
        "Họ và tên;Ngày sinh;Giới tính;Số định danh;Thôn/tổ dân phố;Diện;Số giấy chứng nhận;Ngày cấp;"
        "Ngày chấp hành xong;Ngày về cư trú;Chấp hành pháp luật;Tham gia tệ nạn xã hội;Nhu cầu vay"
    )
    with neighbours(tmp_path, stepped_from=start) as pair:
        pair.register(CA_HM, 1, "before")
        pair.wait_until_heard(CHANNEL)
        pair.service(Agency.COMMUNE).kill()
        book = f"{header}\n{rows}\n".encode()
        pair.offices.command(CA_HM, Role.OFFICER, "/api/imports?name=so.csv", book, "book")
        pair.offices.step(Agency.POLICE, start + timedelta(days=away))
        told = next(
            line for line in pair.status(Agency.POLICE)["outgoing"] if line["channel"] == CHANNEL.name
        )
        assert told["lag"] >= 230
        assert told["oldest_unsent"].startswith("2026-03-02")

        pair.supervisor.mend()
        pair.offices.step(Agency.COMMUNE, start + timedelta(days=away))
        pair.wait_until_heard(CHANNEL)
        today = str((start + timedelta(days=away)).date())
        eventually(
            lambda: pair.status(Agency.COMMUNE),
            lambda status: status["ticked"][UBND_HM] == today and status["views_behind"] == 0,
        )
    police_kept, commune_kept = kept_by(tmp_path, Agency.POLICE), kept_by(tmp_path, Agency.COMMUNE)
    assert len(police_kept.told[CHANNEL.name]) > 230
    assert_everything_told_was_heard(police_kept, commune_kept)
    days = [it.day for it in commune_kept.of(Ticked) if it.office == UBND_HM]
    assert days == [start.date() + timedelta(days=number) for number in range(away + 1)]


def workbook_row(number: int) -> str:
    who = person(1000 + number)
    return (
        f"{who['full_name']};02/03/1985;nam;{who['identity_number']};Thôn Mẫu Hạ;chấp hành xong án phạt tù;"
        f"{who['certificate_no']};10/05/2024;10/05/2024;12/05/2024;tốt;không;không"
    )


RUBBISH = (
    answering(b"<html>Bao tri</html>", "502 Bad Gateway"),
    answering(b"<html>OK</html>"),
    saying(b"\x00\x01\x02 nothing like HTTP\r\n\r\n"),
    answering(b'{"not": "a batch"}'),
    answering(b'[{"id": 1}', length=400),
)


def test_a_rubbish_server_in_the_police_s_place_is_backed_off_from_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    with neighbours(tmp_path) as pair:
        pair.register(CA_HM, 1, "before")
        pair.wait_until_heard(CHANNEL)
        police, commune = pair.service(Agency.POLICE), pair.service(Agency.COMMUNE)
        pair.register(CA_HM, 2, "perhaps-unheard")
        commune.stop()
        police.stop()
        with rubbish_peer(*RUBBISH, port=int(police.url.rpartition(":")[2])) as peer:
            commune.start()
            commune.wait_until_up()
            seen = set()
            while len(requests_of(peer.asked, CHANNEL)) < 5:
                line = pair.wait_for(CHANNEL, lambda line: line["trouble"] is not None)
                seen.add(line["state"])
            assert seen <= {"down", "refused", "garbage"}
            assert line["heard"] < 3
            times = [peer.asked_at[number] for number in requests_of(peer.asked, CHANNEL)]
            for failures, (before, after) in enumerate(pairwise(times), 1):
                assert after - before >= FIRST_PAUSE * 2**failures / 2
        police.start()
        police.wait_until_up()
        pair.register(CA_HM, 3, "after")
        pair.wait_until_heard(CHANNEL)
        pair.wait_for(CHANNEL, lambda line: line["state"] == "listening" and line["trouble"] is None)
    assert_everything_told_was_heard(kept_by(tmp_path, Agency.POLICE), kept_by(tmp_path, Agency.COMMUNE))


def requests_of(asked: list[bytes], channel: Channel) -> list[int]:
    """Which requests asked for the channel's feed."""
    wanted = f"GET /feed/{channel.publisher}/{channel.hearer}?".encode()
    return [number for number, request in enumerate(asked) if request.startswith(wanted)]


def test_a_peer_that_is_down_is_said_to_be_down_with_the_time_since(tmp_path: Path) -> None:
    with neighbours(tmp_path, [Agency.COMMUNE]) as pair:
        line = pair.wait_for(CHANNEL, lambda line: line["state"] == "down")
        assert "refused" in line["trouble"]
        assert line["since"] is not None
        assert (line["heard"], line["lag"]) == (0, None)


def test_over_a_slow_line_everything_arrives_once_and_in_order(tmp_path: Path) -> None:
    with neighbours(tmp_path) as pair:
        with slow_relay(pair.service(Agency.POLICE).url) as relay:
            listen_at(pair, relay)
            for number in range(60):
                pair.register(CA_HM, number, f"k{number}")
            line = pair.wait_until_heard(CHANNEL)
            assert line["trouble"] is None
        pair.service(Agency.COMMUNE).stop()
    assert_everything_told_was_heard(kept_by(tmp_path, Agency.POLICE), kept_by(tmp_path, Agency.COMMUNE))


def listen_at(pair: Neighbours, url: str) -> None:
    """The committees listen to the police at another address."""
    commune = pair.service(Agency.COMMUNE)
    commune.stop()
    config = load_config(commune.folder)
    police = pair.service(Agency.POLICE).url
    links = tuple(
        msgspec.structs.replace(link, url=url) if link.url == police else link for link in config.links
    )
    save_config(commune.folder, msgspec.structs.replace(config, links=links))
    commune.start()
    commune.wait_until_up()
