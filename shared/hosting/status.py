"""How a service is: its channels, what is unsent, what is parked, how far its days are ticked."""

from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from shared.agreement.parties import Channel
from shared.hosting.definition import Service
from shared.hosting.ticks import last_ticked
from shared.log.clock import system_clock
from shared.messaging.credentials import write_private
from shared.messaging.feed import acknowledged
from shared.messaging.parked_view import parked
from shared.messaging.puller import Line
from shared.messaging.relayed import relayed


class Outgoing(msgspec.Struct, frozen=True):
    """`lag`: messages the hearer has not said to have, or, where they are relayed, the broker has not
    acknowledged; `oldest_unsent`: when the first of them was recorded."""

    channel: str
    told: int
    digest: str
    acknowledged: int
    lag: int
    oldest_unsent: datetime | None
    carrier: str = "feed"
    state: str | None = None
    trouble: str | None = None
    since: datetime | None = None


class Incoming(msgspec.Struct, frozen=True):
    """`lag`: what the publisher holds beyond what was heard, by its last answer; None before one came."""

    channel: str
    heard: int
    digest: str
    lag: int | None
    state: str
    trouble: str | None
    since: datetime | None
    carrier: str = "feed"


class Status(msgspec.Struct, frozen=True):
    agency: str
    today: date
    incarnation: str
    events: int
    cases: int
    parked: int
    views_behind: int
    ticked: dict[str, date | None]
    outgoing: list[Outgoing]
    incoming: list[Incoming]
    worker: str
    trouble: str | None = None


class WorkerReport(msgspec.Struct, frozen=True):
    """What the worker last said of itself. `at`: the machine's time."""

    pid: int
    at: datetime
    trouble: str | None
    lines: list[Line]
    relays: list[Line] = []


STALE = timedelta(seconds=30)
"""After this silence the worker counts as gone."""


def write_report(folder: Path, report: WorkerReport) -> None:
    write_private(folder / "worker.json", msgspec.json.encode(report))


def read_report(folder: Path) -> WorkerReport | None:
    """None while no worker ever ran."""
    try:
        return msgspec.json.decode((folder / "worker.json").read_bytes(), type=WorkerReport)
    except FileNotFoundError:
        return None


def status_of(service: Service, report: WorkerReport | None, *, office: str | None = None) -> Status:
    """The whole service, or (`office`) what concerns one office of it."""
    offices = [each for each in service.offices if office in (None, each.code)]
    codes = {each.code for each in offices}
    views_at = service.views.position()
    with service.views.reading() as db:
        cases = db.execute("SELECT office, COUNT(*) FROM case_files GROUP BY office").fetchall()
        waiting = [row for row in parked(db) if row.office in codes]
    relays = {line.channel: line for line in report.relays} if report else {}
    told = [Channel.named(name) for name in sorted({*service.log.books.channels("told"), *relays})]
    by_channel = {line.channel: line for line in report.lines} if report else {}
    heard = {*service.log.books.channels("heard"), *by_channel}
    return Status(
        service.agency.value,
        service.today(),
        str(service.log.incarnation),
        service.log.head(),
        sum(row[1] for row in cases if row[0] in codes),
        len(waiting),
        service.log.head() - views_at,
        {each.code: last_ticked(service, each) for each in offices},
        [
            _outgoing(service, channel, relays.get(channel.name))
            for channel in told
            if channel.publisher in codes
        ],
        [
            _incoming(service, Channel.named(name), by_channel.get(name))
            for name in sorted(heard)
            if Channel.named(name).hearer in codes
        ],
        _worker_state(report),
        report.trouble if report else None,
    )


def _worker_state(report: WorkerReport | None) -> str:
    if report is None:
        return "never ran"
    return "running" if system_clock() - report.at < STALE else f"silent since {report.at.isoformat()}"


def _outgoing(service: Service, channel: Channel, relay: Line | None) -> Outgoing:
    books = service.log.books
    told, digest = books.head("told", channel.name)
    known = acknowledged(service.log, channel) if relay is None else relayed(service.log, channel)
    unsent = books.select_told(channel.name, known, 1)
    oldest = unsent[0].recorded_at if unsent else None
    line = Outgoing(channel.name, told, digest.hex(), known, told - known, oldest)
    if relay is None:
        return line
    return msgspec.structs.replace(
        line, carrier="kafka", state=relay.state, trouble=relay.trouble, since=relay.since
    )


def _incoming(service: Service, channel: Channel, line: Line | None) -> Incoming:
    heard, digest = service.log.books.head("heard", channel.name)
    if line is None:
        return Incoming(channel.name, heard, digest.hex(), None, "not listened to", None, None)
    lag = None if line.head is None else max(line.head - heard, 0)
    return Incoming(
        channel.name, heard, digest.hex(), lag, line.state, line.trouble, line.since, line.carrier
    )
