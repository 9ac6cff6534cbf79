"""The HTTP feed of a channel, after the http-feeds convention: batches of CloudEvents, long polls.

`GET /feed/{publisher}/{hearer}?lastEventId=…&timeout=…` answers `application/cloudevents-batch+json`: the
bytes in `told`, copied; no domain code runs. An unknown lastEventId is a conflict (409), never an empty
page: the peer would wait for ever on a log that lost what it heard.
"""

import contextlib
import time
from collections.abc import Collection
from threading import BoundedSemaphore

from eventsourcing.persistence import IntegrityError, Tracking
from flask import Blueprint, Request, Response, request

from shared.agreement.errors import DomainError, NotFound
from shared.agreement.parties import Channel
from shared.log.application import AgencyLog
from shared.log.channels import Message
from shared.messaging.credentials import PeerCredentials
from shared.web.auth import current_peer
from shared.web.face import Authenticator

MOST_EVENTS = 100
MOST_BYTES = 4 * 1024 * 1024
LONGEST_POLL = 30.0
"""Seconds."""
MOST_WAITING = 16
"""Polls that wait at the same time, fewer than the server has threads; more are answered at once."""
LOOK_AGAIN = 0.5
"""Seconds after which a waiting poll looks again: another process may have written."""


class UnknownEvent(DomainError):
    code = "unknown_last_event_id"
    status = 409

    def __init__(self, channel: str, event_id: str) -> None:
        super().__init__(
            f"Kênh {channel} không có sự kiện {event_id[:64]}.",
            f"Channel {channel} has no event {event_id[:64]}.",
            channel=channel,
        )


class BadTimeout(DomainError):
    code = "bad_timeout"
    status = 400

    def __init__(self, value: str) -> None:
        super().__init__(
            f"timeout là «{value[:20]}», cần số mili giây từ 0.",
            f"timeout is “{value[:20]}”, expected milliseconds from 0.",
        )


def authenticator(credentials: PeerCredentials) -> Authenticator:
    """Who speaks, by the bearer secret in the request."""

    def authenticate(request: Request) -> str | None:
        sent = request.authorization
        if sent is None or sent.type != "bearer" or not sent.token:
            return None
        return credentials.party_of(sent.token)

    return authenticate


def feed(log: AgencyLog, publishers: Collection[str]) -> Blueprint:
    """`publishers`: the parties whose log this is; nobody waits here for what another one says."""
    pages = Blueprint("feed", __name__, url_prefix="/feed")
    waiting = BoundedSemaphore(MOST_WAITING)

    @pages.get("/<publisher>/<hearer>")
    def read(publisher: str, hearer: str) -> Response:
        channel = _channel(publisher, hearer, publishers)
        after = _after(log, channel, request.args.get("lastEventId"))
        acknowledge(log, channel, after)
        messages = _wait(log, channel, after, _timeout(), waiting)
        answer = Response(batch(messages), mimetype="application/cloudevents-batch+json")
        answer.headers["Phoihop-Head"] = str(log.books.head("told", channel.name)[0])
        return answer

    return pages


def batch(messages: list[Message]) -> bytes:
    """As many messages as fit; always the first one."""
    chosen, size = list[bytes](), 0
    for message in messages:
        size += len(message.envelope)
        if chosen and size > MOST_BYTES:
            break
        chosen.append(message.envelope)
    return b"[" + b",".join(chosen) + b"]"


def acknowledge(log: AgencyLog, channel: Channel, sequence: int) -> None:
    """Remember how far the hearer says it has come: only for the status, nothing rests on it."""
    if sequence > acknowledged(log, channel):
        # Another poll of the same hearer may have been faster.
        with contextlib.suppress(IntegrityError):
            log.books.insert_tracking(Tracking(f"acknowledged/{channel.name}", sequence))


def acknowledged(log: AgencyLog, channel: Channel) -> int:
    return log.books.max_tracking_id(f"acknowledged/{channel.name}") or 0


def _channel(publisher: str, hearer: str, publishers: Collection[str]) -> Channel:
    """Raises NotFound for a channel that is not the peer's to hear: it need not know which exist."""
    channel = Channel(publisher, hearer)
    if current_peer() != hearer or publisher not in publishers:
        raise NotFound("channel", channel.name)
    return channel


def _after(log: AgencyLog, channel: Channel, last_event_id: str | None) -> int:
    if not last_event_id:
        return 0
    sequence = log.books.sequence_of("told", channel.name, last_event_id)
    if sequence is None:
        raise UnknownEvent(channel.name, last_event_id)
    return sequence


def _timeout() -> float:
    value = request.args.get("timeout", "0")
    if not (value.isascii() and value.isdigit()):
        raise BadTimeout(value)
    return min(int(value[:9]) / 1000, LONGEST_POLL)


def _wait(
    log: AgencyLog, channel: Channel, after: int, seconds: float, waiting: BoundedSemaphore
) -> list[Message]:
    ends = time.monotonic() + seconds
    growth = log.growth
    messages = log.books.select_told(channel.name, after, MOST_EVENTS)
    if messages or seconds == 0 or not waiting.acquire(blocking=False):
        return messages
    try:
        while not messages and not log.closing.is_set() and (left := ends - time.monotonic()) > 0:
            growth = log.wait_for_growth(growth, min(left, LOOK_AGAIN))
            messages = log.books.select_told(channel.name, after, MOST_EVENTS)
    finally:
        waiting.release()
    return messages
