"""`contracts`: the published language as documents."""

from pathlib import Path

import click

from shared.cli.console import out
from shared.cli.language import say
from shared.contracts.export import export


@click.group(help=say("Ngôn ngữ chung giữa các cơ quan.", "The language that the agencies have in common."))
def contracts() -> None:
    pass


@contracts.command(
    "export", help=say("Ghi JSON Schema và AsyncAPI 3.", "Write JSON Schemas and AsyncAPI 3 documents.")
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("docs/contracts"),
    show_default=True,
)
def export_contracts(folder: Path) -> None:
    for path in export(folder):
        out.print(str(path), soft_wrap=True)


COMMANDS = (contracts,)
