"""Who may sign in, with what, for how long."""

import sqlite3
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.security import check_password_hash

from shared.agreement.acting import Role
from shared.agreement.errors import InvalidInput, Unavailable
from shared.web import identity
from shared.web.identity import (
    MAX_TOKENS,
    TooManyUsers,
    UnknownUser,
    UsernameTaken,
    Users,
    WrongCredentials,
)
from tests.unit.web_office import FAST, LAN, NOON, PASSWORD, enrol, fail


@pytest.fixture
def users(tmp_path: Path) -> Iterator[Users]:
    users = Users(tmp_path / "users.sqlite", method=FAST)
    enrol(users)
    yield users
    users.close()


def test_a_user_who_signs_in_is_known_by_the_token(users: Users) -> None:
    token = users.sign_in("lan", PASSWORD, NOON)
    assert users.user_of(token, NOON) == LAN
    assert len(token) >= 43  # 32 random bytes


def test_a_username_is_taken_as_a_phone_writes_it(users: Users) -> None:
    assert users.user_of(users.sign_in(" Lan ", PASSWORD, NOON), NOON) == LAN


def test_a_password_typed_with_decomposed_letters_is_the_same(users: Users) -> None:
    decomposed = "tha\u0301ng ba mưa phu\u0300ng".replace("phu\u0300ng", "phu\u0300n")
    assert decomposed != PASSWORD
    assert users.sign_in("lan", decomposed, NOON)


def test_tokens_and_passwords_are_not_kept_in_the_file(users: Users, tmp_path: Path) -> None:
    token = users.sign_in("lan", PASSWORD, NOON)
    users.close()
    for file in tmp_path.iterdir():
        kept = file.read_bytes()
        assert token.encode() not in kept
        assert PASSWORD.encode() not in kept


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "users.sqlite"
    path.touch(0o644)
    users = Users(path, method=FAST)
    enrol(users)
    files = list(tmp_path.iterdir())
    modes = {stat.S_IMODE(file.stat().st_mode) for file in files}
    users.close()
    assert len(files) > 1  # with its -wal and -shm
    assert modes == {0o600}


def test_a_token_lives_twelve_hours(users: Users) -> None:
    token = users.sign_in("lan", PASSWORD, NOON)
    assert users.user_of(token, NOON + timedelta(hours=12, seconds=-1)) == LAN
    assert users.user_of(token, NOON + timedelta(hours=12)) is None


def test_expired_tokens_are_thrown_away(users: Users, tmp_path: Path) -> None:
    users.sign_in("lan", PASSWORD, NOON)
    users.sign_in("lan", PASSWORD, NOON + timedelta(days=1))
    with sqlite3.connect(tmp_path / "users.sqlite") as db:
        kept = db.execute("SELECT count(*) FROM tokens").fetchone()[0]
    db.close()
    assert kept == 1


def test_signing_out_ends_one_token(users: Users) -> None:
    one, other = users.sign_in("lan", PASSWORD, NOON), users.sign_in("lan", PASSWORD, NOON)
    users.sign_out(one)
    users.sign_out(one)
    assert users.user_of(one, NOON) is None
    assert users.user_of(other, NOON) == LAN


def test_an_invented_token_is_nobodys(users: Users) -> None:
    assert users.user_of("x" * 43, NOON) is None
    assert users.user_of("", NOON) is None
    assert users.user_of("\udcff", NOON) is None


def test_a_disabled_user_is_out_at_once_and_cannot_come_back(users: Users) -> None:
    token = users.sign_in("lan", PASSWORD, NOON)
    users.disable("lan")
    assert users.user_of(token, NOON) is None
    with pytest.raises(WrongCredentials):
        users.sign_in("lan", PASSWORD, NOON)
    users.enable("lan")
    assert users.user_of(token, NOON) is None
    assert users.sign_in("lan", PASSWORD, NOON)


def test_a_user_disabled_by_hand_in_the_file_is_out_too(users: Users, tmp_path: Path) -> None:
    token = users.sign_in("lan", PASSWORD, NOON)
    with sqlite3.connect(tmp_path / "users.sqlite") as db:
        db.execute("UPDATE users SET disabled = 1")
    db.close()
    assert users.user_of(token, NOON) is None


def test_refusing_an_unknown_name_costs_as_much_as_refusing_a_known_one(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    methods = []

    def checked(hashed: str, password: str) -> bool:
        methods.append(hashed.split("$", maxsplit=1)[0])
        return check_password_hash(hashed, password)

    monkeypatch.setattr(identity, "check_password_hash", checked)
    fail(users, 1)
    fail(users, 1, username="ma")
    assert methods == [FAST, FAST]


def test_a_new_password_ends_the_tokens_of_the_old_one(users: Users) -> None:
    token = users.sign_in("lan", PASSWORD, NOON)
    users.set_password("lan", "một mật khẩu khác")
    assert users.user_of(token, NOON) is None
    with pytest.raises(WrongCredentials):
        users.sign_in("lan", PASSWORD, NOON)
    assert users.sign_in("lan", "một mật khẩu khác", NOON)


def test_a_new_role_counts_for_tokens_already_given(users: Users) -> None:
    token = users.sign_in("lan", PASSWORD, NOON)
    users.set_role("lan", Role.AUDITOR)
    user = users.user_of(token, NOON)
    assert user is not None
    assert user.role is Role.AUDITOR


def test_the_oldest_token_gives_way_to_the_twenty_first(users: Users) -> None:
    tokens = [
        users.sign_in("lan", PASSWORD, NOON + timedelta(seconds=second)) for second in range(MAX_TOKENS + 1)
    ]
    assert users.user_of(tokens[0], NOON) is None
    assert all(users.user_of(token, NOON) == LAN for token in tokens[1:])


def test_everybody_is_listed_with_who_is_disabled(users: Users) -> None:
    enrol(users, "binh")
    users.disable("binh")
    assert [(account.user.username, account.disabled) for account in users.list()] == [
        ("binh", True),
        ("lan", False),
    ]


def test_two_users_cannot_have_one_name(users: Users) -> None:
    with pytest.raises(UsernameTaken):
        enrol(users)


def test_users_are_bounded(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.web.identity.MAX_USERS", 1)
    with pytest.raises(TooManyUsers):
        enrol(users, "binh")


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"username": "Lan"}, "/username", "bad_username"),
        ({"username": "l"}, "/username", "bad_username"),
        ({"username": "lan lan"}, "/username", "bad_username"),
        ({"username": "n" * 33}, "/username", "bad_username"),
        ({"office": "Hòa Đông"}, "/office", "bad_office"),
        ({"office": ""}, "/office", "bad_office"),
        ({"name": "  "}, "/name", "bad_text"),
        ({"title": "dòng\nhai"}, "/title", "bad_text"),
        ({"title": "t" * 101}, "/title", "bad_text"),
        ({"password": "123456789"}, "/password", "bad_password_length"),
        ({"password": "x" * 129}, "/password", "bad_password_length"),
        ({"password": "aaaaaaaaaabb"}, "/password", "weak_password"),
        ({"password": "binh-binh-1234"}, "/password", "weak_password"),
    ],
)
def test_a_wrong_record_is_refused_naming_the_field(
    users: Users, change: dict[str, str], pointer: str, code: str
) -> None:
    record = {"username": "binh", "password": PASSWORD, "name": "Bình", "title": "Cán bộ", "office": "ca-x"}
    with pytest.raises(InvalidInput) as refusal:
        users.add(**{**record, **change}, role=Role.OFFICER)
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [(pointer, code)]
    assert len(users.list()) == 1


def test_a_short_new_password_is_refused_and_the_old_one_stays(users: Users) -> None:
    with pytest.raises(InvalidInput):
        users.set_password("lan", "ngắn")
    assert users.sign_in("lan", PASSWORD, NOON)


def test_changing_somebody_who_is_not_there_says_so(users: Users) -> None:
    changes: list[Callable[[], None]] = [
        lambda: users.disable("ma"),
        lambda: users.enable("ma"),
        lambda: users.set_password("ma", PASSWORD),
        lambda: users.set_role("ma", Role.OFFICER),
    ]
    for change in changes:
        with pytest.raises(UnknownUser, match="“ma”"):
            change()


def test_an_unknown_name_a_wrong_password_and_a_disabled_user_sound_alike(users: Users) -> None:
    enrol(users, "binh")
    users.disable("binh")
    said = set()
    for username, password in (("ma", PASSWORD), ("lan", "sai mật khẩu"), ("binh", PASSWORD)):
        with pytest.raises(WrongCredentials) as refusal:
            users.sign_in(username, password, NOON)
        said.add((refusal.value.code, refusal.value.message_vi, str(refusal.value.facts)))
    assert len(said) == 1


def test_users_are_there_after_a_restart(users: Users, tmp_path: Path) -> None:
    token = users.sign_in("lan", PASSWORD, NOON)
    users.close()
    again = Users(tmp_path / "users.sqlite", method=FAST)
    assert again.user_of(token, NOON) == LAN
    again.close()


def test_a_file_of_a_later_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "users.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(ValueError, match=r"users\.sqlite.*99"):
        Users(path)


def test_an_instant_without_zone_is_refused(users: Users) -> None:
    with pytest.raises(ValueError, match="time zone"):
        users.sign_in("lan", PASSWORD, datetime(2026, 3, 7, 5, tzinfo=UTC).replace(tzinfo=None))


def test_only_scrypt_is_used(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="scrypt"):
        Users(tmp_path / "users.sqlite", method="pbkdf2:sha256")


def test_more_sign_ins_at_once_than_the_machine_can_hash_are_told_to_come_back(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "HASHING_WAIT", 0.01)
    busy = [users._hashing.acquire(blocking=False) for _ in range(identity.MAX_HASHING)]
    assert all(busy)
    with pytest.raises(Unavailable) as refusal:
        users.sign_in("lan", PASSWORD, NOON)
    assert refusal.value.retry_after > 0
    users._hashing.release()
    assert users.sign_in("lan", PASSWORD, NOON)


def test_a_password_changed_while_the_old_one_is_checked_gives_no_token(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed_meanwhile(hashed: str, password: str) -> bool:
        users.set_password("lan", "một mật khẩu khác")
        return check_password_hash(hashed, password)

    monkeypatch.setattr(identity, "check_password_hash", changed_meanwhile)
    with pytest.raises(WrongCredentials):
        users.sign_in("lan", PASSWORD, NOON)
