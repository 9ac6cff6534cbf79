"""`up` and `run`: the services themselves."""

import logging
import sys
from pathlib import Path

import click
from rich.table import Table

from shared.agreement.parties import Agency
from shared.cli.console import errors, out
from shared.cli.language import say
from shared.hosting.processes import Together
from shared.hosting.run import run as run_service
from shared.hosting.setup import SignIn, first_sign_ins, prepare

WATCH_SECONDS = 1.0


@click.command(
    help=say(
        "Chạy cả ba dịch vụ trên máy này theo một thỏa thuận phối hợp (tệp TOML), đến khi bấm Ctrl-C.",
        "Run all three services on this machine by one coordination agreement (a TOML file), until Ctrl-C.",
    )
)
@click.argument("agreement", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def up(data: Path, agreement: Path) -> None:
    sign_ins = first_sign_ins(data, prepare(data, agreement))
    with Together(data) as together:
        show_addresses(together, sign_ins)
        stay(together)


@click.command(
    help=say(
        "Chạy một dịch vụ (police, commune, bank) từ thư mục dữ liệu của nó.",
        "Run one service (police, commune, bank) from its data folder.",
    )
)
@click.argument("agency", type=click.Choice([agency.value for agency in Agency]))
@click.option(
    "--part",
    type=click.Choice(["all", "web", "worker"]),
    default="all",
    show_default=True,
    help=say("Chỉ chạy một phần.", "Run one part only."),
)
@click.pass_obj
def run(data: Path, agency: str, part: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    sys.exit(run_service(data / agency, part))  # type: ignore[arg-type]


def show_addresses(together: Together, sign_ins: list[SignIn]) -> None:
    table = Table(title=say("Địa chỉ và tài khoản", "Addresses and sign-ins"))
    for heading in (
        say("Dịch vụ", "Service"),
        say("Địa chỉ", "Address"),
        say("Tài khoản", "Username"),
        say("Mật khẩu", "Password"),
    ):
        table.add_column(heading, overflow="fold")
    for sign_in in sign_ins:
        url = together.services[sign_in.agency].url
        table.add_row(sign_in.office, url, sign_in.username, sign_in.password)
    out.print(table)


def stay(together: Together) -> None:
    """Keep the services up until Ctrl-C."""
    errors.print(say("Đang chạy. Ctrl-C để dừng.", "Running. Ctrl-C ends it."))
    try:
        while True:
            together.services[Agency.POLICE].wait_a_little(WATCH_SECONDS)
            together.watch()
    except KeyboardInterrupt:
        errors.print(say("Đang dừng…", "Ending…"))


COMMANDS = (up, run)
