"""How one service is set up: a folder with `service.json`, its log, views, users and secrets."""

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from shared.agreement.parties import Agency, Channel
from shared.log.stores import Postgres, Store
from shared.messaging.credentials import write_private
from shared.messaging.kafka.access import BrokerAccess


class Link(msgspec.Struct, frozen=True):
    """How one of our offices hears what a party publishes: over the party's feed (`url`, with which secret) or a
    broker's topic. Where both are named, the channel moves from the feed to the topic."""

    publisher: str
    hearer: str
    url: str = ""
    secret: str = ""
    carrier: Literal["feed", "kafka"] = "feed"

    @property
    def channel(self) -> Channel:
        return Channel(self.publisher, self.hearer)


class Config(msgspec.Struct, frozen=True, omit_defaults=True):
    """`agreement`: path of the agreement's TOML file. `stepped_from`: set only where time is moved by hand.
    `relayed`: the channels of our offices that are copied to the broker.

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
    relayed: tuple[Channel, ...] = ()
    broker: BrokerAccess | None = None

    def store(self, folder: Path) -> Store:
        """Where the log of the service in `folder` stands."""
        return folder / "log.sqlite" if self.postgres is None else Postgres(self.postgres)

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if self.broker is None and (self.relayed or any(link.carrier == "kafka" for link in self.links)):
            raise ValueError("a channel goes over Kafka, but no broker is set: run «phoihop broker connect»")
        for link in self.links:
            if link.carrier == "feed" and not link.url:
                raise ValueError(f"the link {link.channel.name} has no url")
        for channel in self.relayed:
            if channel.publisher not in self.offices:
                raise ValueError(f"{channel.name} is relayed, but {channel.publisher} is not hosted here")

    @property
    def the_broker(self) -> BrokerAccess:
        """Raises ValueError where none is set."""
        if self.broker is None:
            raise ValueError("no broker is set: run «phoihop broker connect»")
        return self.broker


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
