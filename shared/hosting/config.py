"""How one service is set up: a folder with `service.json`, its log, views, users and secrets."""

from datetime import datetime
from pathlib import Path

import msgspec

from shared.agreement.parties import Agency
from shared.log.stores import Postgres, Store
from shared.messaging.credentials import write_private


class Link(msgspec.Struct, frozen=True):
    """How one of our offices reads what a party publishes: where, and with which secret."""

    publisher: str
    hearer: str
    url: str
    secret: str


class Config(msgspec.Struct, frozen=True):
    """`agreement`: path of the agreement's TOML file. `stepped_from`: set only where time is moved by hand.

    `postgres`: the connection string of the log's database, without a password (see `shared.log.stores`);
    where there is none, the log is a file in the service's folder.
    """

    agency: Agency
    offices: tuple[str, ...]
    agreement: str
    port: int
    host: str = "127.0.0.1"
    tls_proxy: str | None = None
    stepped_from: datetime | None = None
    links: tuple[Link, ...] = ()
    postgres: str | None = None

    def store(self, folder: Path) -> Store:
        """Where the log of the service in `folder` stands."""
        return folder / "log.sqlite" if self.postgres is None else Postgres(self.postgres)


def load_config(folder: Path) -> Config:
    """Raises ValueError naming the file and what is wrong in it."""
    file = folder / "service.json"
    try:
        return msgspec.json.decode(file.read_bytes(), type=Config)
    except FileNotFoundError:
        raise ValueError(f"{file} does not exist: is {folder} a service's folder?") from None
    except msgspec.MsgspecError as error:
        raise ValueError(f"{file}: {error}") from error


def save_config(folder: Path, config: Config) -> None:
    """Readable by its owner only: it holds the secrets of the links."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_private(folder / "service.json", msgspec.json.format(msgspec.json.encode(config), indent=2))
