"""The carrier over HTTP: reads a peer's feed. What can go wrong there is normal life, and has a name."""

import time

import msgspec
import urllib3

from shared.agreement.parties import Channel
from shared.web.serving import is_loopback

MOST_BYTES = 16 * 1024 * 1024
CONNECT_SECONDS = 5.0
POLL_SECONDS = 20.0
SLACK_SECONDS = 10.0
"""How much longer than it was asked to wait a peer may be silent."""
LONGEST_ANSWER = 60.0
"""Seconds in which an answer that has begun must be whole: else a peer could hold a channel up by drips."""
_PIECE = 64 * 1024


class PeerTrouble(Exception):
    """`code`: down, refused, unknown_event, garbage; on a broker also tls, expired, untrusted, no_topic, stalled,
    moved, ahead, changed, failing."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason[:500]


class Unreadable(Exception):
    """What stands next on the channel is no message at all: the channel must stop, it cannot be passed over."""


class FeedReader:
    """Reads the feeds of one peer service with one party's secret. Thread-safe.

    Raises ValueError for plain HTTP to another machine: the secret would travel open.
    """

    def __init__(self, base_url: str, secret: str) -> None:
        address = urllib3.util.parse_url(base_url)
        near = address.scheme == "http" and is_loopback((address.host or "").strip("[]"))
        if address.scheme != "https" and not near:
            raise ValueError(f"{base_url}: a peer on another machine is read over https only")
        self.base_url = base_url.rstrip("/")
        self._secret = secret
        self._pool = urllib3.PoolManager(maxsize=4, retries=False)

    def fetch(
        self, channel: Channel, last_event_id: str | None, wait: float = POLL_SECONDS
    ) -> tuple[list[bytes], int | None]:
        """Messages after `last_event_id`, in the publisher's order, and the channel's head as it says.

        Waits up to `wait` seconds for one. Raises PeerTrouble.
        """
        fields = {"timeout": str(int(wait * 1000))} | (
            {"lastEventId": last_event_id} if last_event_id else {}
        )
        try:
            answer = self._pool.request(
                "GET",
                f"{self.base_url}/feed/{channel.publisher}/{channel.hearer}",
                fields=fields,
                headers={"Authorization": f"Bearer {self._secret}"},
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=wait + SLACK_SECONDS),
                preload_content=False,
                redirect=False,
            )
            body = _read(answer)
        except urllib3.exceptions.HTTPError as error:
            raise PeerTrouble("down", f"{type(error).__name__}: {error}") from error
        if answer.status == 409:
            raise PeerTrouble(
                "unknown_event", f"the peer does not know {last_event_id}: was its log restored?"
            )
        if answer.status != 200:
            raise PeerTrouble("refused", f"HTTP {answer.status}")
        return _messages(body), _head(answer.headers.get("Phoihop-Head"))


def _read(answer: urllib3.BaseHTTPResponse) -> bytes:
    """The whole body. What is not read to its end is hung up on: the rest must not come as another answer."""
    body, until = bytearray(), time.monotonic() + LONGEST_ANSWER
    try:
        while piece := answer.read1(_PIECE, decode_content=False):
            body += piece
            if len(body) > MOST_BYTES:
                raise PeerTrouble("garbage", f"an answer of more than {MOST_BYTES} bytes")
            if time.monotonic() > until:
                raise PeerTrouble("down", f"an answer that is not whole after {LONGEST_ANSWER:g} seconds")
    except BaseException:
        answer.close()
        raise
    answer.release_conn()
    return bytes(body)


def _messages(body: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, RecursionError) as error:
        raise PeerTrouble("garbage", f"the answer is no batch of events: {error}") from error


def _head(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() else None
