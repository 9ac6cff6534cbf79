"""How a party reaches the broker, and what is wrong when it does not: by name, not as a time-out."""

import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any, Literal

import msgspec
from kafka import KafkaAdminClient, errors

from shared.agreement.parties import Channel
from shared.messaging.carrier import PeerTrouble

VERSION = "v1"
MOST_MESSAGE_BYTES = 2 * 1024 * 1024
"""Of a batch on a topic: one message is at most 512 KiB with its headers beside it."""
REQUEST_MILLISECONDS = 10_000
BOOTSTRAP_MILLISECONDS = 10_000
LOOK_SECONDS = 5.0
_EXPIRED = 10
"""OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED."""


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
        """The client library's options for a party. Raises PeerTrouble where it has no password."""
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.bootstrap),
            "client_id": f"phoihop-{party}",
            "request_timeout_ms": REQUEST_MILLISECONDS,
            "bootstrap_timeout_ms": BOOTSTRAP_MILLISECONDS,
        }
        if self.ca_file is None:
            return options
        if party not in self.passwords:
            raise PeerTrouble("refused", f"no password of {party} for the broker is set")
        return options | {
            "security_protocol": "SASL_SSL",
            "ssl_cafile": self.ca_file,
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": party,
            "sasl_plain_password": self.passwords[party],
        }

    def trouble(self, party: str, topic: str, error: Exception) -> PeerTrouble:
        """What an error of the client library means, found out by looking where it hides the cause."""
        if isinstance(error, errors.SaslAuthenticationFailedError):
            return _wrong_password(party, str(error))
        if isinstance(error, errors.AuthorizationError):
            return PeerTrouble("refused", f"{party} may not do this on {topic}: {error}")
        if isinstance(error, errors.UnknownTopicOrPartitionError):
            return missing_topic(topic)
        if isinstance(error, errors.RetriableError):  # time-outs and lost connections, whatever the reason
            return self._what_is_wrong(party) or PeerTrouble("down", f"the broker does not answer: {error}")
        return PeerTrouble("failing", f"{topic}: {type(error).__name__}: {error}")

    def _what_is_wrong(self, party: str) -> PeerTrouble | None:
        """The first broker's trouble as an ordinary connection shows it; None where all of them are well."""
        for server in self.bootstrap:
            try:
                self._connect(*host_and_port(server))
            except PeerTrouble as trouble:
                return trouble
        if self.ca_file is not None and not self._signs_in(party):
            return _wrong_password(party, "the broker ends the connection when it signs in")
        return None

    def _connect(self, host: str, port: int) -> None:
        """Raises PeerTrouble."""
        try:
            with socket.create_connection((host, port), LOOK_SECONDS) as plain:
                if self.ca_file is not None:
                    context = ssl.create_default_context(cafile=self.ca_file)
                    context.wrap_socket(plain, server_hostname=host).close()
                elif _speaks_tls(plain):
                    raise PeerTrouble("tls", f"{host}:{port} wants TLS, but no ca_file is set")
        except ssl.SSLCertVerificationError as error:
            code = "expired" if error.verify_code == _EXPIRED else "untrusted"
            reason = f"the certificate of {host}:{port} is not accepted: {error.verify_message}"
            raise PeerTrouble(code, reason) from error
        except ssl.SSLError as error:
            raise PeerTrouble("tls", f"{host}:{port} does not speak TLS: {error.reason or error}") from error
        except OSError as error:
            raise PeerTrouble("down", f"{host}:{port}: {error or type(error).__name__}") from error

    def _signs_in(self, party: str) -> bool:
        """Whether the broker keeps a connection on which the party signs in."""
        # The library loses the broker's answer when the connection ends right behind it, so its error is no
        # help: what counts is that TLS works and signing in does not.
        try:
            KafkaAdminClient(
                **self.options(party) | {"bootstrap_timeout_ms": int(LOOK_SECONDS * 1000)}
            ).close()
        except errors.KafkaError:
            return False
        return True


def check_topic(access: BrokerAccess, party: str, topic: str) -> None:
    """Raises PeerTrouble where the topic is missing, not the party's to see, or has not one partition; KafkaError."""
    admin = KafkaAdminClient(**access.options(party))
    try:
        (found,) = admin.describe_topics([topic])
    finally:
        admin.close()
    error = errors.for_code(found["error_code"])
    if error is not errors.NoError:
        raise access.trouble(party, topic, error())
    if len(found["partitions"]) != 1:
        raise PeerTrouble(
            "no_topic", f"{topic} has {len(found['partitions'])} partitions, expected 1: there is no order"
        )


def missing_topic(topic: str) -> PeerTrouble:
    return PeerTrouble("no_topic", f"there is no topic {topic}: run «phoihop broker setup»")


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


def _speaks_tls(plain: socket.socket) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # Nothing is said on it: it only shows what kind of port this is.
    try:
        context.wrap_socket(plain).close()
    except (ssl.SSLError, TimeoutError, ConnectionError):
        return False
    return True


def _wrong_password(party: str, reason: str) -> PeerTrouble:
    return PeerTrouble("refused", f"the broker does not accept user {party} and its password: {reason}")
