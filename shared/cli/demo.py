"""`demo`: a year of a fictional agreement, played by the three services before one's eyes."""

import sys
import tomllib
from contextlib import closing
from datetime import date
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from shared.agreement.parties import Agency
from shared.cli import demo_tables
from shared.cli.console import errors, json_option, write_json
from shared.cli.language import LANGUAGE, say
from shared.cli.services import show_addresses, stay
from shared.demo.driver import opening, play
from shared.demo.facts import Facts, facts_of
from shared.demo.offices import DemoStopped, Offices
from shared.demo.script import Year, load_year
from shared.hosting.processes import DidNotStart, Together
from shared.hosting.setup import PORTS, first_sign_ins, prepare

EXAMPLES = Path(__file__).parents[2] / "examples"


@click.command(
    help=say(
        "Một năm phối hợp hư cấu: hai xã, một phòng giao dịch, 24 danh sách tháng. Chạy ba dịch vụ, phát lại cả năm"
        " qua HTTP, rồi để các dịch vụ chạy đến khi bấm Ctrl-C. Chạy lại thì tiếp tục, không làm gì hai lần.",
        "A fictional year of the agreement: two communes, one transaction office, 24 monthly lists. Runs the three"
        " services, plays the year over HTTP, then leaves them up until Ctrl-C. Run again, it continues and does"
        " nothing twice.",
    )
)
@click.option(
    "--exit", "leave", is_flag=True, help=say("Kết thúc khi phát xong.", "End when the year is played.")
)
@json_option
@click.option(
    "--port",
    type=click.IntRange(1, 65533),
    default=PORTS[Agency.POLICE],
    show_default=True,
    help=say("Cổng đầu tiên trong ba cổng liền nhau.", "The first of three ports in a row."),
)
@click.option(
    "--profile",
    type=click.Choice(["embedded"]),
    default="embedded",
    show_default=True,
    help=say("Các dịch vụ chạy trên nền gì.", "What the services run on."),
)
@click.pass_obj
def demo(data: Path, leave: bool, json_out: Path | None, port: int, profile: str) -> None:  # noqa: ARG001 - one yet
    folder = data / "demo"
    year = load_year(EXAMPLES / "year.toml")
    ports = {agency: port + number for number, agency in enumerate(Agency)}
    agreement = prepare(folder, EXAMPLES / "agreement.toml", ports=ports, stepped_from=opening(year.begins))
    officers = tomllib.loads((EXAMPLES / "officers.toml").read_text(encoding="utf-8"))
    sign_ins = first_sign_ins(folder, agreement, officers)
    try:
        with Together(folder) as together:
            urls = {agency: service.url for agency, service in together.services.items()}
            with closing(Offices(agreement, sign_ins, urls, together.watch, LANGUAGE)) as offices:
                facts = _play(year, offices)
                if json_out:
                    write_json(json_out, facts)
                if str(json_out) != "-":
                    demo_tables.show(offices, year, facts, folder)
            if not leave:
                show_addresses(together, sign_ins)
                stay(together)
    except DemoStopped as stopped:
        errors.print(say(stopped.message_vi, stopped.message_en), stopped.rule or "", style="red")
        sys.exit(1)
    except DidNotStart as error:
        errors.print(str(error), style="red")
        sys.exit(1)
    sys.exit(0 if facts.agree else 1)


def _play(year: Year, offices: Offices) -> Facts:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=not errors.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=None)

        def show(day: date, played: int, days: int) -> None:
            today = f"{day:%d/%m/%Y}"
            described = say(f"Ngày mô phỏng {today}", f"Simulated day {today}")
            bar.update(task, description=described, completed=played, total=days)

        statuses = play(year, EXAMPLES, offices, show)
    return facts_of(offices, year, statuses)


COMMANDS = (demo,)
