"""How the parties hosted here reach the broker."""

import ipaddress
from pathlib import Path
from typing import Any, Literal

import msgspec

from shared.agreement.parties import Channel

VERSION = "v1"
REQUEST_MILLISECONDS = 8_000
BOOTSTRAP_MILLISECONDS = 5_000
"""The way to the broker was tried before: what takes longer is a broker that does not let us in."""
RECONNECT_MILLISECONDS = 2_000


class NoPassword(ValueError):
    """A party has no password for the broker in the settings."""


class BrokerAccess(msgspec.Struct, frozen=True):
    """Where the broker is and how the parties hosted here sign in.

    `bootstrap`: HOST:PORT of one broker or more. `ca_file`: the authority that signed the brokers'
    certificates. `passwords`: by party, whose code is its user name. Without an authority nothing is
    encrypted and nobody signs in, which is allowed on loopback only. `namespace`: what the topics' names begin
    with, where several agreements share a broker.
    """

    bootstrap: tuple[str, ...]
    ca_file: str | None = None
    passwords: dict[str, str] = {}
    mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    namespace: str = "phoihop"

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if not self.bootstrap:
            raise ValueError("bootstrap is empty, expected HOST:PORT of a broker")
        for server in self.bootstrap:
            host, port = host_and_port(server)
            if self.ca_file is None and not _is_loopback(host):
                raise ValueError(
                    f"{host}:{port} is not on this machine: without ca_file nothing is encrypted"
                )
        if self.ca_file is not None and not Path(self.ca_file).is_file():
            raise ValueError(f"ca_file {self.ca_file} does not exist")

    def topic(self, channel: Channel) -> str:
        """`phoihop.PUBLISHER.HEARER.v1`. Raises ValueError for a code that cannot stand in it."""
        for part in (self.namespace, channel.publisher, channel.hearer):
            if not (part.isascii() and part.replace("-", "").isalnum()):
                raise ValueError(f"{part!r} cannot be part of a topic's name, expected letters, digits and -")
        return f"{self.namespace}.{channel.publisher}.{channel.hearer}.{VERSION}"

    def options(self, party: str) -> dict[str, Any]:
        """The client library's options for a party. Raises NoPassword."""
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.bootstrap),
            "client_id": f"phoihop-{party}",
            "request_timeout_ms": REQUEST_MILLISECONDS,
            "reconnect_backoff_max_ms": RECONNECT_MILLISECONDS,
            "bootstrap_timeout_ms": BOOTSTRAP_MILLISECONDS,
        }
        if self.ca_file is None:
            return options
        if party not in self.passwords:
            raise NoPassword(f"no password of {party} for the broker is set")
        return options | {
            "security_protocol": "SASL_SSL",
            "ssl_cafile": self.ca_file,
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": party,
            "sasl_plain_password": self.passwords[party],
        }


def host_and_port(server: str) -> tuple[str, int]:
    """Raises ValueError."""
    host, colon, port = server.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{server!r} is no broker's address, expected HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
