"""Secrets between peers: stored hashed, two valid at once, readable by their owner only."""

import stat
from pathlib import Path

import pytest

from shared.messaging.credentials import PeerCredentials, write_private


@pytest.fixture
def credentials(tmp_path: Path) -> PeerCredentials:
    return PeerCredentials(tmp_path / "peers.json")


def test_a_secret_tells_which_party_shows_it(credentials: PeerCredentials) -> None:
    ours, theirs = credentials.grant("ubnd-dong"), credentials.grant("pgd-ba")
    assert credentials.party_of(ours) == "ubnd-dong"
    assert credentials.party_of(theirs) == "pgd-ba"


@pytest.mark.parametrize("shown", ["", "x", "ubnd-dong", "đoán mò"])
def test_nobody_is_known_by_another_secret(credentials: PeerCredentials, shown: str) -> None:
    assert credentials.party_of(shown) is None
    credentials.grant("ubnd-dong")
    assert credentials.party_of(shown) is None


def test_two_secrets_are_valid_at_once_and_the_third_ends_the_first(credentials: PeerCredentials) -> None:
    first, second = credentials.grant("pgd-ba"), credentials.grant("pgd-ba")
    assert credentials.party_of(first) == credentials.party_of(second) == "pgd-ba"
    third = credentials.grant("pgd-ba")
    assert credentials.party_of(first) is None
    assert credentials.party_of(second) == credentials.party_of(third) == "pgd-ba"


def test_the_secret_of_one_party_is_not_touched_by_anothers_rotation(credentials: PeerCredentials) -> None:
    ours = credentials.grant("ubnd-dong")
    for _ in range(5):
        credentials.grant("pgd-ba")
    assert credentials.party_of(ours) == "ubnd-dong"


def test_revoking_takes_back_every_secret_of_a_party(credentials: PeerCredentials) -> None:
    first, second, other = (credentials.grant(party) for party in ("pgd-ba", "pgd-ba", "ubnd-dong"))
    assert credentials.revoke("pgd-ba") == 2
    assert credentials.party_of(first) is credentials.party_of(second) is None
    assert credentials.party_of(other) == "ubnd-dong"
    assert credentials.revoke("pgd-ba") == 0


def test_a_secret_cannot_be_read_from_the_file(credentials: PeerCredentials) -> None:
    secret = credentials.grant("pgd-ba")
    assert secret not in credentials.path.read_text()
    assert len(secret) >= 43


def test_the_file_is_readable_by_its_owner_only(credentials: PeerCredentials) -> None:
    credentials.grant("pgd-ba")
    assert stat.S_IMODE(credentials.path.stat().st_mode) == 0o600


def test_another_process_knows_a_new_secret_at_once(credentials: PeerCredentials) -> None:
    web = PeerCredentials(credentials.path)
    assert web.party_of("x") is None
    secret = credentials.grant("pgd-ba")
    assert web.party_of(secret) == "pgd-ba"
    credentials.revoke("pgd-ba")
    assert web.party_of(secret) is None


def test_a_private_file_stays_whole_when_its_replacement_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "peers.json"
    write_private(path, b"before")

    def fail(self: Path, content: bytes) -> int:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="disk full"):
        write_private(path, b"after")
    assert path.read_bytes() == b"before"


def test_a_private_file_left_half_written_by_a_kill_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "peers.json"
    leftover = tmp_path / "peers.json.new"
    leftover.write_bytes(b"half")
    leftover.chmod(0o644)
    write_private(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not leftover.exists()
