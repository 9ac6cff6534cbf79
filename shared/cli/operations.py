"""`status`, `parked`, `views`: looking after a service."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from rich.table import Table

from shared.agreement.parties import Agency, Channel
from shared.cli.console import json_option, out, write_json
from shared.cli.language import say
from shared.hosting.config import load_config
from shared.hosting.host import Host, open_host
from shared.hosting.status import Status, read_report, status_of
from shared.log.clock import LOCAL
from shared.messaging.channel_state import ChannelState, channel_state_id
from shared.messaging.parked_view import parked as parked_rows
from shared.messaging.parking import ParkedCase, parked_id

ACTOR = "phoihop parked"


@contextmanager
def host_of(data: Path, agency: str) -> Iterator[Host]:
    host = open_host(data / agency, load_config(data / agency))
    try:
        yield host
    finally:
        host.close()


def present(data: Path) -> list[str]:
    """The agencies that have a folder below `data`. Raises ValueError when none has."""
    found = [agency.value for agency in Agency if (data / agency / "service.json").exists()]
    if not found:
        raise ValueError(
            say(
                f"Không có dịch vụ nào trong {data}. Hãy chạy «phoihop up» hoặc «phoihop demo» trước.",
                f"There is no service in {data}. Run `phoihop up` or `phoihop demo` first.",
            )
        )
    return found


@click.command(
    help=say(
        "Tình trạng các dịch vụ: từng kênh, thông báo chưa gửi, hồ sơ đang chờ.",
        "How the services are: each channel, what is unsent, what is parked.",
    )
)
@json_option
@click.pass_obj
def status(data: Path, json_out: Path | None) -> None:
    states = []
    for agency in present(data):
        with host_of(data, agency) as host:
            states.append(status_of(host.service, read_report(host.folder)))
    if json_out:
        write_json(json_out, {state.agency: state for state in states})
    else:
        for state in states:
            _show(state)


def _show(state: Status) -> None:
    out.print(
        f"[bold]{state.agency}[/bold] · {state.today:%d/%m/%Y} · "
        + say(
            f"{state.events} sự kiện, {state.cases} hồ sơ, {state.parked} đang chờ; tiến trình nền: {state.worker}",
            f"{state.events} events, {state.cases} cases, {state.parked} parked; worker: {state.worker}",
        )
    )
    table = Table(
        say("Kênh", "Channel"),
        say("Đã gửi/nhận", "Told/heard"),
        say("Còn lại", "Lag"),
        say("Tình trạng", "State"),
    )
    for line in state.outgoing:
        oldest = f"{line.oldest_unsent:%d/%m/%Y %H:%M}" if line.oldest_unsent else ""
        state_of = _line_state(line.state, line.since) if line.state else oldest
        table.add_row(line.channel, str(line.told), str(line.lag), state_of)
    for heard in state.incoming:
        lag = "?" if heard.lag is None else str(heard.lag)
        table.add_row(heard.channel, str(heard.heard), lag, _line_state(heard.state, heard.since))
    out.print(table)


# What a line may say of itself; the whole trouble stands in the JSON.
_LINES = {
    "starting": ("chưa nghe", "not heard yet"),
    "listening": ("đang nghe", "listening"),
    "not listened to": ("không nghe", "not listened to"),
    "stopped": ("đã dừng, chờ quản trị viên", "stopped, waits for an administrator"),
    "down": ("không kết nối được", "cannot be reached"),
    "refused": ("từ chối ta", "refuses us"),
    "unknown_event": (
        "không nhận ra sự kiện cuối: sổ đã khôi phục?",
        "does not know our last event: restored?",
    ),
    "garbage": ("trả lời không hiểu được", "answers rubbish"),
    "failing": ("lỗi ở máy này", "trouble on this machine"),
    "relaying": ("đang chuyển lên máy chủ Kafka", "copied to the broker"),
    "tls": ("máy chủ Kafka và ta không cùng dùng TLS", "one of us and the broker does not use TLS"),
    "expired": ("chứng thư của máy chủ Kafka đã hết hạn", "the broker's certificate has expired"),
    "untrusted": ("không tin được chứng thư của máy chủ Kafka", "the broker's certificate is not trusted"),
    "no_topic": ("chưa có kênh trên máy chủ Kafka", "there is no such topic on the broker"),
    "stalled": ("máy khách Kafka bị kẹt, đang làm lại", "the Kafka client was stuck and is made anew"),
    "moved": ("đọc lại kênh Kafka từ đầu", "the topic is read from its beginning"),
    "ahead": (
        "máy chủ Kafka có nhiều hơn sổ: sổ đã khôi phục?",
        "the broker has more than our log: restored?",
    ),
    "changed": ("máy chủ Kafka có thông báo khác sổ", "the broker has another message than our log"),
}


def _line_state(state: str, since: datetime | None) -> str:
    vi, en = _LINES.get(state, (state, state))
    return say(vi, en) + ("" if since is None else f" ({since.astimezone(LOCAL):%d/%m %H:%M})")


@click.group(
    help=say(
        "Hồ sơ và kênh đang dừng chờ người xử lý: xem, thử lại, bỏ qua.",
        "Cases and channels that wait for a person: list, retry, discard, resume.",
    )
)
def parked() -> None:
    pass


@parked.command("list", help=say("Liệt kê.", "List them."))
@json_option
@click.pass_obj
def list_parked(data: Path, json_out: Path | None) -> None:
    rows = []
    for agency in present(data):
        with host_of(data, agency) as host, host.service.views.reading() as db:
            rows += [(agency, row) for row in parked_rows(db)]
    if json_out:
        return write_json(json_out, [{"agency": agency, "parked": row} for agency, row in rows])
    table = Table(
        say("Đơn vị", "Office"),
        say("Hồ sơ", "Case"),
        say("Từ", "Since"),
        say("Số chờ", "Waiting"),
        say("Vì sao", "Why"),
    )
    for _, row in rows:
        table.add_row(
            row.office, row.key, f"{row.since:%d/%m/%Y %H:%M}", str(row.waiting), f"{row.code}: {row.reason}"
        )
    out.print(table)
    return None


@parked.command("retry", help=say("Thử lại một hồ sơ.", "Try a case again."))
@click.argument("agency", type=click.Choice([agency.value for agency in Agency]))
@click.argument("office")
@click.argument("case", type=click.UUID)
@click.pass_obj
def retry(data: Path, agency: str, office: str, case: UUID) -> None:
    with host_of(data, agency) as host:
        host.service.log.decide(
            office,
            ACTOR,
            lambda work: work.get(ParkedCase, parked_id(office, case)).wish_retry(work.now, ACTOR, case),
        )
    out.print(
        say("Đã ghi yêu cầu; dịch vụ sẽ thực hiện.", "The wish is recorded; the service carries it out.")
    )


@parked.command(
    "discard",
    help=say(
        "Bỏ qua sự kiện đầu tiên của một hồ sơ, kèm lý do.",
        "Give up the first event of a case, with a reason.",
    ),
)
@click.argument("agency", type=click.Choice([agency.value for agency in Agency]))
@click.argument("office")
@click.argument("case", type=click.UUID)
@click.option("--why", required=True, help=say("Lý do, được lưu lại.", "The reason; it is kept."))
@click.pass_obj
def discard(data: Path, agency: str, office: str, case: UUID, why: str) -> None:
    with host_of(data, agency) as host:
        host.service.log.decide(
            office,
            ACTOR,
            lambda work: work.get(ParkedCase, parked_id(office, case)).wish_discard(
                work.now, ACTOR, case, why
            ),
        )
    out.print(
        say("Đã ghi yêu cầu; dịch vụ sẽ thực hiện.", "The wish is recorded; the service carries it out.")
    )


@parked.command("resume", help=say("Nghe lại một kênh đã dừng.", "Listen to a stopped channel again."))
@click.argument("agency", type=click.Choice([agency.value for agency in Agency]))
@click.argument("publisher")
@click.argument("hearer")
@click.pass_obj
def resume(data: Path, agency: str, publisher: str, hearer: str) -> None:
    channel = Channel(publisher, hearer)
    with host_of(data, agency) as host:
        host.service.log.decide(
            hearer,
            ACTOR,
            lambda work: work.get(ChannelState, channel_state_id(channel)).resume(work.now, channel, ACTOR),
        )
    out.print(say(f"Kênh {channel.name} được nghe lại.", f"Channel {channel.name} is listened to again."))


@click.group(help=say("Các bảng tra cứu dựng từ nhật ký.", "The read models folded from the log."))
def views() -> None:
    pass


@views.command(
    "rebuild", help=say("Dựng lại từ nhật ký, rồi thay bảng cũ.", "Fold the whole log anew, then swap.")
)
@click.argument("agency", type=click.Choice([agency.value for agency in Agency]))
@click.pass_obj
def rebuild(data: Path, agency: str) -> None:
    with host_of(data, agency) as host:
        position = host.service.views.rebuild()
    out.print(say(f"Đã dựng lại đến sự kiện {position}.", f"Rebuilt up to event {position}."))


COMMANDS = (status, parked, views)
