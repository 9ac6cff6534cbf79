"""What is wrong with the broker, by name: the client library itself says only that time ran out."""

import socket
import ssl

from kafka import errors

from shared.messaging.carrier import PeerTrouble
from shared.messaging.kafka.access import BrokerAccess, host_and_port

LOOK_SECONDS = 5.0
_EXPIRED = 10
"""OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED."""


def trouble_of(access: BrokerAccess, party: str, topic: str, error: errors.KafkaError) -> PeerTrouble:
    """What an error of a client that was well at first means."""
    match error:
        case errors.SaslAuthenticationFailedError():
            return no_sign_in(party, error)
        case errors.AuthorizationError():
            return PeerTrouble("refused", f"{party} may not do this on {topic}: {error}")
        case errors.UnknownTopicOrPartitionError():
            return PeerTrouble("no_topic", f"there is no topic {topic}: run «phoihop broker setup»")
        case errors.RetriableError():  # a time-out or a lost connection, whatever the reason
            try:
                check_way(access)
            except PeerTrouble as trouble:
                return trouble
            return PeerTrouble("down", f"the broker does not answer: {error}")
    return PeerTrouble("failing", f"{topic}: {error}")


def no_sign_in(party: str, error: Exception) -> PeerTrouble:
    """The way to the broker is good, but it ends the connection or says nothing: it does so to a stranger."""
    return PeerTrouble(
        "refused", f"the broker does not let user {party} sign in: is the password right? ({error})"
    )


def check_way(access: BrokerAccess) -> None:
    """Return where an ordinary connection to one of the brokers is made, with TLS where it is asked for.

    Raises PeerTrouble that names what is wrong with the first.
    """
    troubles = []
    for server in access.bootstrap:
        try:
            return _connect(access, *host_and_port(server))
        except PeerTrouble as trouble:
            troubles.append(trouble)
    raise troubles[0]


def _connect(access: BrokerAccess, host: str, port: int) -> None:
    try:
        with socket.create_connection((host, port), LOOK_SECONDS) as plain:
            if access.ca_file is not None:
                context = ssl.create_default_context(cafile=access.ca_file)
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


def _speaks_tls(plain: socket.socket) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # Nothing is said on it: it only shows what kind of port this is.
    try:
        context.wrap_socket(plain).close()
    except (ssl.SSLError, TimeoutError, ConnectionError):
        return False
    return True
