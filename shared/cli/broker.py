"""`broker` and `migrate`: setting a Kafka broker up for an agreement, and moving channels to it."""

from pathlib import Path
from typing import Literal, cast

import click
import msgspec

from shared.agreement.parties import Agency, Channel, load_agreement
from shared.cli.console import out
from shared.cli.language import say
from shared.cli.operations import host_of
from shared.hosting.config import Config, Link, load_config, save_config
from shared.messaging.feed import acknowledged
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.administration import administration, channels_of
from shared.messaging.moving import change_carrier
from shared.messaging.relayed import OutgoingCarrier, outgoing_carrier_id

ACTOR = "phoihop migrate"
AGENCY = click.argument("agency", type=click.Choice([agency.value for agency in Agency]))
AGREEMENT = click.argument("agreement", type=click.Path(path_type=Path, exists=True, dir_okay=False))
BOOTSTRAP = click.option(
    "--bootstrap",
    required=True,
    multiple=True,
    metavar="HOST:PORT",
    help=say("Địa chỉ máy chủ Kafka.", "Address of a broker."),
)
CA = click.option(
    "--ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=say(
        "Chứng thư của nơi cấp (không có: chỉ trên máy này, không mã hóa).", "The authority's certificate."
    ),
)
USER = click.option(
    "--user", default="admin", show_default=True, help=say("Người quản trị.", "Administrator.")
)
PASSWORD = click.option(
    "--password",
    envvar="PHOIHOP_BROKER_PASSWORD",
    default="",
    help=say(
        "Mật khẩu của người quản trị; nên đặt trong biến môi trường.",
        "His password, better in the environment.",
    ),
    show_envvar=True,
)


NAMESPACE = click.option(
    "--namespace",
    default="phoihop",
    show_default=True,
    help=say("Tên các kênh bắt đầu bằng gì.", "What the topics' names begin with."),
)


@click.group(help=say("Máy chủ Kafka giữa các cơ quan.", "The Kafka broker between the agencies."))
def broker() -> None:
    pass


@broker.command(
    help=say(
        "Tạo các kênh của một thỏa thuận và quyền trên đó; chạy lại không đổi gì.",
        "Make an agreement's topics and the rights on them; run again, it changes nothing.",
    )
)
@AGREEMENT
@BOOTSTRAP
@CA
@USER
@PASSWORD
@NAMESPACE
@click.option(
    "--replication",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help=say("Số bản sao của mỗi kênh.", "Copies of each topic."),
)
@click.option(
    "--retention-days",
    type=click.IntRange(1),
    help=say("Giữ bao nhiêu ngày (mặc định: mãi mãi).", "How long messages are kept (default: for ever)."),
)
def setup(
    agreement: Path,
    bootstrap: tuple[str, ...],
    ca: Path | None,
    user: str,
    password: str,
    namespace: str,
    replication: int,
    retention_days: int | None,
) -> None:
    channels = channels_of(load_agreement(agreement))
    access = _administrator(bootstrap, ca, user, password, namespace)
    with administration(access, user) as steward:
        made = steward.set_up(channels, replication=replication, retention_days=retention_days)
    out.print(
        say(
            f"{len(channels)} kênh, {len(made)} kênh mới tạo.",
            f"{len(channels)} topics, {len(made)} made now.",
        )
    )


@broker.command(
    help=say(
        "Cấp mật khẩu mới trên máy chủ Kafka cho một bên; chỉ hiện một lần.",
        "Give a party a new password on the broker; it is shown once.",
    )
)
@AGREEMENT
@click.argument("party")
@BOOTSTRAP
@CA
@USER
@PASSWORD
def grant(
    agreement: Path, party: str, bootstrap: tuple[str, ...], ca: Path | None, user: str, password: str
) -> None:
    load_agreement(agreement).party(party)
    with administration(_administrator(bootstrap, ca, user, password), user) as steward:
        out.print(steward.grant(party), soft_wrap=True)


def _administrator(
    bootstrap: tuple[str, ...], ca: Path | None, user: str, password: str, namespace: str = "phoihop"
) -> BrokerAccess:
    return BrokerAccess(bootstrap, str(ca) if ca else None, {user: password}, namespace=namespace)


@broker.command(
    help=say(
        "Ghi vào cấu hình một dịch vụ: máy chủ Kafka ở đâu, mật khẩu của từng đơn vị (hỏi khi chạy).",
        "Write into a service's settings where the broker is, and each office's password (asked for).",
    )
)
@AGENCY
@BOOTSTRAP
@CA
@NAMESPACE
@click.pass_obj
def connect(data: Path, agency: str, bootstrap: tuple[str, ...], ca: Path | None, namespace: str) -> None:
    config = load_config(data / agency)
    passwords = {}
    for office in config.offices if ca else ():
        passwords[office] = click.prompt(
            say(f"Mật khẩu của {office}", f"Password of {office}"), hide_input=True
        )
    access = BrokerAccess(bootstrap, str(ca.resolve()) if ca else None, passwords, namespace=namespace)
    _save(data, agency, msgspec.structs.replace(config, broker=access))


@click.group(help=say("Chuyển sang nền khác.", "Move to other ground."))
def migrate() -> None:
    pass


@migrate.command(
    help=say(
        "Chuyển một kênh sang máy chủ Kafka, hoặc về lại HTTP. Bên gửi chạy trước, rồi bên nhận;"
        " bên nhận nghe cả hai cho đến khi kênh mới có thông báo kế tiếp.",
        "Move a channel to the broker, or back to its feed. First at the publisher, then at the hearer, who listens"
        " to both until the new carrier has the next message.",
    )
)
@AGENCY
@click.argument("publisher")
@click.argument("hearer")
@click.option("--to", "target", type=click.Choice(["kafka", "feed"]), required=True)
@click.option(
    "--after",
    type=click.IntRange(0),
    help=say(
        "Bên gửi chép từ sau số này (mặc định: số bên nhận đã báo có).",
        "The publisher copies what stands behind this number (default: what the hearer said to have).",
    ),
)
@click.pass_obj
def carrier(data: Path, agency: str, publisher: str, hearer: str, target: str, after: int | None) -> None:
    channel = Channel(publisher, hearer)
    config = load_config(data / agency)
    if publisher in config.offices:
        changed = _move_outgoing(data, agency, config, channel, target, after)
    elif hearer in config.offices:
        changed = _move_incoming(data, agency, config, channel, cast(Literal["kafka", "feed"], target))
    else:
        raise click.BadParameter(
            say(f"{agency} không có đơn vị nào của kênh này.", f"{agency} hosts no office of this channel.")
        )
    _save(data, agency, changed)


def _move_outgoing(
    data: Path, agency: str, config: Config, channel: Channel, target: str, after: int | None
) -> Config:
    relayed = tuple(each for each in config.relayed if each != channel)
    if target == "feed":  # The feed serves every channel at all times.
        return msgspec.structs.replace(config, relayed=relayed)
    changed = msgspec.structs.replace(config, relayed=(*relayed, channel))
    with host_of(data, agency) as host:
        log = host.service.log
        told, _ = log.books.head("told", channel.name)
        begin = acknowledged(log, channel) if after is None else after
        if begin > told:
            raise click.BadParameter(
                say(f"Kênh mới có {told} thông báo.", f"The channel has {told} messages only."),
                param_hint="--after",
            )
        log.decide(
            channel.publisher,
            ACTOR,
            lambda work: work.get_or_new(OutgoingCarrier, outgoing_carrier_id(channel)).begin(
                work.now, channel, begin
            ),
        )
    out.print(say(f"Chép từ sau số {begin}.", f"What stands behind {begin} is copied."))
    return changed


def _move_incoming(
    data: Path, agency: str, config: Config, channel: Channel, target: Literal["kafka", "feed"]
) -> Config:
    links = list(config.links)
    places = [place for place, link in enumerate(links) if link.channel == channel]
    if not places:
        links.append(Link(channel.publisher, channel.hearer, carrier=target))
        return msgspec.structs.replace(config, links=tuple(links))
    links[places[0]] = msgspec.structs.replace(links[places[0]], carrier=target)
    changed = msgspec.structs.replace(config, links=tuple(links))
    if target == "feed":
        with host_of(data, agency) as host:
            change_carrier(host.inbox, channel, target)
    return changed


def _save(data: Path, agency: str, config: Config) -> None:
    save_config(data / agency, config)
    out.print(
        say(
            "Đã ghi cấu hình; hãy khởi động lại dịch vụ.",
            "The settings are written; start the service again for them to count.",
        )
    )


COMMANDS = (broker, migrate)
