"""A PostgreSQL server to throw away: its own folder, a free loopback port, random passwords.

Needs PostgreSQL's programs (`infra/postgres/install`). They refuse to run as root: then the system's user
`postgres` runs them. `python -m infra.postgres.throwaway police bank` starts one with a database for each name,
prints their connection strings, and ends it with Ctrl-C.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

INSTALL = (
    "PostgreSQL is missing. Install it: sudo apt-get install postgresql   (macOS: brew install postgresql)"
)
START_SECONDS = 60.0
STOP_SECONDS = 20.0
ADMIN = "phoihop_admin"
_HERE = Path(__file__).parent
_PLACES = ("usr/lib/postgresql/*/bin", "usr/local/pgsql/bin", "opt/homebrew/opt/postgresql*/bin")


class NoPostgres(Exception):
    """There is no PostgreSQL here, or it does not start; the message says what to do."""


def programs() -> Path:
    """The folder with PostgreSQL's programs, of the newest version. Raises NoPostgres."""
    chosen, on_path = os.environ.get("PHOIHOP_POSTGRES_BIN"), shutil.which("initdb")
    found = sorted((folder for place in _PLACES for folder in Path("/").glob(place)), key=_version)
    for folder in [
        *([Path(chosen)] if chosen else []),
        *reversed(found),
        *([Path(on_path).resolve().parent] if on_path else []),
    ]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgres(INSTALL)


def _version(folder: Path) -> int:
    """As in …/postgresql/15/bin; 0 where the path does not tell."""
    return int("".join(character for character in str(folder) if character.isdigit()) or 0)


class Throwaway:
    """The server as a child process. `durable`: commits survive a power cut, as in earnest, but are slower."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self.port = _free_port()
        self.passfile = folder / "passwords"
        self.process: subprocess.Popen[bytes] | None = None
        self._bin = programs()
        self._passwords = {ADMIN: secrets.token_urlsafe(24)}
        self._as = _another_user()

    def make(self) -> None:
        """Raises NoPostgres."""
        self.folder.chmod(0o700)
        if self._as:
            shutil.chown(self.folder, self._as["user"], self._as["group"])
        self._write_passwords()
        password = self.folder / "admin"
        password.write_text(self._passwords[ADMIN], encoding="ascii")
        if self._as:
            shutil.chown(password, self._as["user"])
        self._run("initdb", "-D", str(self.folder / "data"), "-U", ADMIN, "-A", "scram-sha-256", "--no-sync",
                  f"--pwfile={password}", "--no-instructions", "-E", "UTF8", "--locale=C")  # fmt: skip
        password.unlink()

    def start(self) -> None:
        """Start, after `kill` too. Raises NoPostgres."""
        ends = time.monotonic() + START_SECONDS
        while not self._started(ends):
            # After a kill the last ones may still be on their way out, and keep the new server from coming in.
            if time.monotonic() > ends:
                last = (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")[-2000:]
                raise NoPostgres(f"PostgreSQL did not start: {last}")

    def _started(self, ends: float) -> bool:
        settings = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": ""}
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "server.log").open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - the server that was found
                [self._bin / "postgres", "-D", self.folder / "data", *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                start_new_session=True,
                **self._as,
            )
        while self.process.poll() is None and time.monotonic() < ends:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def kill(self) -> None:
        """At once, as a crash would (SIGKILL); those it started see that and end."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # "fast": connections are ended
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def dsn(self, database: str = "postgres", user: str = ADMIN) -> str:
        return make_conninfo(
            host="127.0.0.1", port=self.port, dbname=database, user=user, passfile=str(self.passfile)
        )

    def connect(self, database: str = "postgres", user: str = ADMIN) -> psycopg.Connection[Any]:
        return psycopg.connect(self.dsn(database, user), autocommit=True)

    def make_database(self, name: str) -> None:
        """A database with its two roles, by `database.sql`: `name` and `name_owner`."""
        psql = self._bin / "psql"
        done = subprocess.run(  # noqa: S603
            [psql, "-X", "-q", "-v", f"name={name}", "-f", _HERE / "database.sql", self.dsn()],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NoPostgres(done.stderr)
        with self.connect() as admin:
            for role in (name, f"{name}_owner"):
                self._passwords[role] = secrets.token_urlsafe(24)
                admin.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(self._passwords[role])
                    )
                )
        self._write_passwords()

    def _write_passwords(self) -> None:
        self.passfile.touch(mode=0o600)
        lines = [f"127.0.0.1:*:*:{role}:{word}\n" for role, word in self._passwords.items()]
        self.passfile.write_text("".join(lines), encoding="ascii")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603
            [self._bin / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            **self._as,
        )
        if done.returncode:
            raise NoPostgres(f"{program} failed: {done.stderr}")


@contextmanager
def throwaway(*, durable: bool = True) -> Iterator[Throwaway]:
    """A running server; it and its folder are gone at the end. Raises NoPostgres."""
    with tempfile.TemporaryDirectory(prefix="phoihop-postgres-", ignore_cleanup_errors=True) as folder:
        server = Throwaway(Path(folder), durable=durable)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()


def main(names: Sequence[str]) -> None:
    with throwaway() as server, suppress(KeyboardInterrupt):
        for name in names:
            server.make_database(name)
            sys.stdout.write(f"{server.dsn(name, name)}\n")
        sys.stdout.flush()
        signal.pause()


def _another_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgres("PostgreSQL does not run as root, and there is no user postgres to run it") from None
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main(sys.argv[1:])
