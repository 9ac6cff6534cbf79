"""The carrier over HTTP: reads a peer's feed. What can go wrong there is normal life, and has a name."""

import msgspec
import urllib3

from shared.agreement.parties import Channel

MOST_BYTES = 16 * 1024 * 1024
CONNECT_SECONDS = 5.0
POLL_SECONDS = 20.0
_SLACK = 10.0


class PeerTrouble(Exception):
    """`code`: down, refused, unknown_event, garbage."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason[:500]


class FeedReader:
    """Reads the feeds of one peer service with one party's secret. Thread-safe."""

    def __init__(self, base_url: str, secret: str) -> None:
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
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=wait + _SLACK),
                preload_content=False,
                redirect=False,
            )
            try:
                body = answer.read(MOST_BYTES + 1, decode_content=True)
            finally:
                answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise PeerTrouble("down", f"{type(error).__name__}: {error}") from error
        if answer.status == 409:
            raise PeerTrouble(
                "unknown_event", f"the peer does not know {last_event_id}: was its log restored?"
            )
        if answer.status != 200:
            raise PeerTrouble("refused", f"HTTP {answer.status}")
        return _messages(body), _head(answer.headers.get("Phoihop-Head"))


def _messages(body: bytes) -> list[bytes]:
    if len(body) > MOST_BYTES:
        raise PeerTrouble("garbage", f"an answer of more than {MOST_BYTES} bytes")
    try:
        return [bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except msgspec.MsgspecError as error:
        raise PeerTrouble("garbage", f"the answer is no batch of events: {error}") from error


def _head(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() else None
