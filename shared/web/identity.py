"""The users of one service, their passwords and their tokens, in one SQLite file of its own.

The clock that is passed in here is the machine's, never the stepped one: a demonstration that plays a year
in a minute would otherwise sign everybody out at every step.
"""

import hashlib
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from werkzeug.security import check_password_hash, generate_password_hash

from shared.agreement.acting import Role, User
from shared.agreement.errors import DomainError, FieldError, InvalidInput, NotFound, Unavailable
from shared.web import throttle
from shared.web.particulars import plain, tidy, wrong_in_password, wrong_in_user

MAX_USERS = 2_000
MAX_TOKENS = 20  # live tokens of one user; the oldest goes first
MAX_HASHING = 4  # at once; each takes about 32 MB
HASHING_WAIT = 5.0  # seconds of the machine's clock until a sign-in is told to come back

_SCHEMA_VERSION = 1
_SCHEMA = f"""
CREATE TABLE users (
    username TEXT PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, office TEXT NOT NULL,
    role TEXT NOT NULL, password TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE tokens (
    hash BLOB PRIMARY KEY, username TEXT NOT NULL REFERENCES users, issued INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX tokens_of_user ON tokens (username, issued);
CREATE INDEX tokens_by_expiry ON tokens (expires);
{throttle.SCHEMA}
PRAGMA user_version = {_SCHEMA_VERSION};
"""


class WrongCredentials(DomainError):
    code = "wrong_credentials"
    status = 401

    def __init__(self) -> None:
        # One sentence for an unknown name, a wrong password and a disabled user: it must not tell which.
        super().__init__("Tên đăng nhập hoặc mật khẩu không đúng.", "The username or the password is wrong.")


class UnknownUser(NotFound):
    code = "unknown_user"

    def __init__(self, username: str) -> None:
        DomainError.__init__(
            self, f"Không có người dùng «{username}».", f"There is no user “{username}”.", username=username
        )


class UsernameTaken(DomainError):
    code = "username_taken"

    def __init__(self, username: str) -> None:
        super().__init__(
            f"Đã có người dùng {username}.", f"There is a user {username} already.", username=username
        )


class TooManyUsers(DomainError):
    code = "too_many_users"

    def __init__(self) -> None:
        super().__init__(
            f"Đã đủ {MAX_USERS} người dùng.", f"There are {MAX_USERS} users already.", limit=MAX_USERS
        )


class Account(msgspec.Struct, frozen=True):
    user: User
    disabled: bool


class Users:
    """`path`: the SQLite file, made when missing, readable by its owner only. Safe between threads and
    processes; build it after a fork. `lifetime`: of a token. `method`: as in `werkzeug.security`.
    """

    def __init__(
        self, path: Path, *, lifetime: timedelta = timedelta(hours=12), method: str = "scrypt:32768:8:1"
    ) -> None:
        if not method.startswith("scrypt:"):
            raise ValueError(f"passwords are hashed with scrypt, not {method!r}")
        self.lifetime = lifetime
        self._method = method
        # Compared when the user is unknown, so that the answer takes as long as for a wrong password.
        self._nobody = f"{method}${'0' * 16}${'0' * 128}"
        self._hashing = threading.BoundedSemaphore(MAX_HASHING)
        self._lock = threading.Lock()
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)  # SQLite gives -wal and -shm the mode of the main file
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._migrate(path)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def add(self, username: str, password: str, *, name: str, title: str, office: str, role: Role) -> User:
        """Raises InvalidInput naming each wrong field, UsernameTaken, TooManyUsers."""
        user = User(username, tidy(name), tidy(title), office, role)
        self._refuse(wrong_in_user(user) + wrong_in_password(password, username))
        hashed = self._hash(password)
        with self._writing() as db:
            if db.execute("SELECT count(*) FROM users").fetchone()[0] >= MAX_USERS:
                raise TooManyUsers
            try:
                db.execute(
                    "INSERT INTO users (username, name, title, office, role, password)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (username, user.name, user.title, office, role.value, hashed),
                )
            except sqlite3.IntegrityError as error:
                raise UsernameTaken(username) from error
        return user

    def list(self) -> tuple[Account, ...]:
        """Everybody, by username; at most MAX_USERS."""
        with self._lock:
            rows = self._db.execute(
                "SELECT username, name, title, office, role, disabled FROM users ORDER BY username"
            ).fetchall()
        return tuple(Account(_user(row[:5]), bool(row[5])) for row in rows)

    def disable(self, username: str) -> None:
        """The user's tokens die at once. Raises UnknownUser."""
        with self._writing() as db:
            self._change(db, username, "disabled", 1)
            db.execute("DELETE FROM tokens WHERE username = ?", (username,))

    def enable(self, username: str) -> None:
        with self._writing() as db:
            self._change(db, username, "disabled", 0)

    def set_password(self, username: str, password: str) -> None:
        """Every token given for the old password dies. Raises InvalidInput, UnknownUser."""
        self._refuse(wrong_in_password(password, username))
        hashed = self._hash(password)
        with self._writing() as db:
            self._change(db, username, "password", hashed)
            db.execute("DELETE FROM tokens WHERE username = ?", (username,))
            throttle.forget(db, username)

    def set_role(self, username: str, role: Role) -> None:
        """Takes effect with the next request, on the tokens already given too. Raises UnknownUser."""
        with self._writing() as db:
            self._change(db, username, "role", role.value)

    def sign_in(self, username: str, password: str, now: datetime) -> str:
        """A new token, valid for `lifetime` from `now`.

        Raises WrongCredentials, TooManyAttempts (throttle), Unavailable when too many sign in at once.
        """
        username, seconds = username.strip().lower()[:64], _seconds(now)
        with self._slot():
            with self._lock:
                throttle.check(self._db, username, seconds)
                row = self._db.execute(
                    "SELECT password, disabled FROM users WHERE username = ?", (username,)
                ).fetchone()
            right = check_password_hash(row[0] if row else self._nobody, plain(password))
        with self._writing() as db:
            if row is None or row[1] or not right:
                throttle.count(db, username, seconds, known=row is not None)
            else:
                throttle.forget(db, username)
                return self._give(db, username, row[0], seconds)
        # Raised outside the transaction: the failure has been counted.
        raise WrongCredentials

    def user_of(self, token: str, now: datetime) -> User | None:
        """Whose token this is; None when it is unknown, expired or signed out, or its user disabled."""
        with self._lock:
            row = self._db.execute(
                "SELECT u.username, u.name, u.title, u.office, u.role FROM tokens t JOIN users u"
                " USING (username) WHERE t.hash = ? AND t.expires > ? AND u.disabled = 0",
                (_digest(token), _seconds(now)),
            ).fetchone()
        return _user(row) if row else None

    def sign_out(self, token: str) -> None:
        """The token dies; an unknown one is no error, for the wish is already true."""
        with self._writing() as db:
            db.execute("DELETE FROM tokens WHERE hash = ?", (_digest(token),))

    def _give(self, db: sqlite3.Connection, username: str, hashed: str, now: int) -> str:
        row = db.execute("SELECT password, disabled FROM users WHERE username = ?", (username,)).fetchone()
        if row != (hashed, 0):  # the password was changed, or the user disabled, while we were hashing
            raise WrongCredentials
        token = secrets.token_urlsafe(32)
        db.execute(
            "INSERT INTO tokens VALUES (?, ?, ?, ?)",
            (_digest(token), username, now, now + int(self.lifetime.total_seconds())),
        )
        db.execute("DELETE FROM tokens WHERE expires <= ?", (now,))
        db.execute(
            "DELETE FROM tokens WHERE username = ? AND rowid NOT IN"
            " (SELECT rowid FROM tokens WHERE username = ? ORDER BY issued DESC, rowid DESC LIMIT ?)",
            (username, username, MAX_TOKENS),
        )
        return token

    def _hash(self, password: str) -> str:
        with self._slot():
            return generate_password_hash(plain(password), method=self._method)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Room to hash one password: scrypt is meant to be costly, and must not starve the rest."""
        if not self._hashing.acquire(timeout=HASHING_WAIT):
            raise Unavailable(
                "Quá nhiều người đăng nhập cùng lúc; hãy thử lại.", "Too many sign in at once; try again."
            )
        try:
            yield
        finally:
            self._hashing.release()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _migrate(self, path: Path) -> None:
        with self._writing() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > _SCHEMA_VERSION:
                raise ValueError(f"{path}: written by a later version ({version} > {_SCHEMA_VERSION})")
            if version < _SCHEMA_VERSION:
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    db.execute(statement)

    @staticmethod
    def _change(db: sqlite3.Connection, username: str, column: str, value: str | int) -> None:
        done = db.execute(f"UPDATE users SET {column} = ? WHERE username = ?", (value, username))
        if done.rowcount == 0:
            raise UnknownUser(username)

    @staticmethod
    def _refuse(wrong: tuple[FieldError, ...]) -> None:
        if wrong:
            raise InvalidInput(*wrong)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _seconds(now: datetime) -> int:
    if now.tzinfo is None:
        raise ValueError(f"an instant needs its time zone: {now.isoformat()}")
    return int(now.timestamp())


def _user(row: tuple[str, str, str, str, str]) -> User:
    username, name, title, office, role = row
    return User(username, name, title, office, Role(role))
