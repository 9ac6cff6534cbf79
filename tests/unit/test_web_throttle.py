"""Failed sign-ins make the next one wait."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.web import throttle
from shared.web.identity import Users, WrongCredentials
from shared.web.throttle import TooManyAttempts
from tests.unit.web_office import FAST, LAN, NOON, PASSWORD, enrol, fail


@pytest.fixture
def users(tmp_path: Path) -> Iterator[Users]:
    users = Users(tmp_path / "users.sqlite", method=FAST)
    enrol(users)
    yield users
    users.close()


def test_a_disabled_user_waits_like_the_others(users: Users) -> None:
    users.disable("lan")
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            users.sign_in("lan", PASSWORD, NOON)
    with pytest.raises(TooManyAttempts):
        users.sign_in("lan", PASSWORD, NOON)


def test_after_five_failures_even_the_right_password_waits(users: Users) -> None:
    fail(users, 5)
    with pytest.raises(TooManyAttempts) as refusal:
        users.sign_in("lan", PASSWORD, NOON)
    assert refusal.value.retry_after == 30
    assert users.sign_in("lan", PASSWORD, NOON + timedelta(seconds=30))


def test_a_success_clears_the_count(users: Users) -> None:
    fail(users, 4)
    users.sign_in("lan", PASSWORD, NOON)
    fail(users, 5)


def test_the_wait_grows_with_each_failure_up_to_a_quarter_of_an_hour(users: Users) -> None:
    now = NOON
    fail(users, 4)
    for expected in (30, 60, 120, 240, 480, 900, 900):
        fail(users, 1, now)
        with pytest.raises(TooManyAttempts) as refusal:
            users.sign_in("lan", PASSWORD, now)
        assert refusal.value.retry_after == expected
        now += timedelta(seconds=expected)


def test_trying_while_waiting_does_not_lengthen_the_wait(users: Users) -> None:
    fail(users, 5)
    for second in range(30):
        with pytest.raises(TooManyAttempts):
            users.sign_in("lan", "sai mật khẩu", NOON + timedelta(seconds=second))
    assert users.sign_in("lan", PASSWORD, NOON + timedelta(seconds=30))


def test_old_failures_are_forgotten_after_a_day(users: Users) -> None:
    fail(users, 4)
    fail(users, 5, NOON + timedelta(days=1, seconds=1))


def test_a_clock_set_back_makes_nobody_wait_longer_than_the_wait(users: Users) -> None:
    fail(users, 5, NOON + timedelta(days=365))
    with pytest.raises(TooManyAttempts) as refusal:
        users.sign_in("lan", PASSWORD, NOON)
    assert refusal.value.retry_after == 30


def test_one_users_failures_do_not_hinder_another(users: Users) -> None:
    enrol(users, "binh")
    fail(users, 5)
    assert users.sign_in("binh", PASSWORD, NOON)


def test_a_name_that_does_not_exist_waits_like_one_that_does(users: Users) -> None:
    fail(users, 5, username="ma")
    with pytest.raises(TooManyAttempts):
        users.sign_in("ma", PASSWORD, NOON)


def test_a_flood_of_invented_names_neither_grows_the_table_nor_frees_a_real_one(
    users: Users, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "MAX_STRANGERS", 5)
    fail(users, 5)
    for number in range(20):
        fail(users, 1, NOON + timedelta(seconds=1), username=f"ma{number}")
    with sqlite3.connect(tmp_path / "users.sqlite") as db:
        kept = {name for (name,) in db.execute("SELECT username FROM failures")}
    db.close()
    assert len(kept) == 6
    assert "lan" in kept
    with pytest.raises(TooManyAttempts):
        users.sign_in("lan", PASSWORD, NOON + timedelta(seconds=2))


def test_a_new_password_lifts_the_wait(users: Users) -> None:
    fail(users, 5)
    users.set_password("lan", "một mật khẩu khác")
    assert users.sign_in("lan", "một mật khẩu khác", NOON)


def test_two_processes_share_the_count_and_the_tokens(users: Users, tmp_path: Path) -> None:
    other = Users(tmp_path / "users.sqlite", method=FAST)
    try:
        assert other.user_of(users.sign_in("lan", PASSWORD, NOON), NOON) == LAN
        fail(users, 3)
        fail(other, 2)
        with pytest.raises(TooManyAttempts):
            users.sign_in("lan", PASSWORD, NOON)
    finally:
        other.close()


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 30), (9, 480), (10, 900), (10**9, 900)]
)
def test_the_wait_after_so_many_failures(failures: int, seconds: int) -> None:
    assert throttle.wait_after(failures) == seconds
