"""`phoihop`: everything that is done from the command line."""

import sys
from pathlib import Path

import click
from eventsourcing.persistence import PersistenceError

from shared.agreement.errors import DomainError
from shared.cli import (
    agency_commands,
    audit,
    broker,
    contracts,
    demo,
    import_command,
    migrate,
    operations,
    people,
    services,
)
from shared.cli.console import errors
from shared.cli.language import LANGUAGE, say
from shared.messaging.carrier import PeerTrouble


class Group(click.Group):
    """Refusals and wrong input end with a sentence and status 2, never with a traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except DomainError as error:
            errors.print(f"[red]{say(error.message_vi, error.message_en)}[/red]")
            if error.rule:
                errors.print(error.rule)
        except (ValueError, KeyError, OSError, PeerTrouble, PersistenceError) as error:
            errors.print(f"[red]{error}[/red]")
        sys.exit(2)


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help=say(
        "phoihop – Công an xã, UBND xã và Ngân hàng Chính sách xã hội phối hợp cho người chấp hành xong án phạt tù"
        " vay vốn (Quyết định 22/2023/QĐ-TTg). Bắt đầu bằng «phoihop demo».",
        "phoihop – commune police, People's Committee and policy bank act together on loans for people who served"
        " a prison sentence (Decision 22/2023/QĐ-TTg). Begin with `phoihop demo`.",
    ),
)
@click.option("--lang", type=click.Choice(["vi", "en"]), default=LANGUAGE, help=say("Ngôn ngữ.", "Language."))
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="PHOIHOP_DATA",
    default=Path("var"),
    show_default=True,
    help=say("Thư mục dữ liệu của các dịch vụ.", "Folder with the services' data."),
)
@click.pass_context
def cli(context: click.Context, lang: str, data: Path) -> None:  # noqa: ARG001 - read when the module is loaded
    context.obj = data


for module in (
    services,
    demo,
    import_command,
    audit,
    operations,
    migrate,
    contracts,
    people,
    broker,
    agency_commands,
):
    for each in module.COMMANDS:
        cli.add_command(each)
