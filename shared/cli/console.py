"""Where the command line writes: facts to standard output, everything else to standard error."""

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from shared.cli.language import say

out = Console()
errors = Console(stderr=True)


def json_option(function: Any) -> Any:
    return click.option(
        "--json",
        "json_out",
        is_flag=False,
        flag_value="-",
        type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
        help=say(
            "Ghi kết quả JSON vào tệp (không ghi tên tệp, hoặc «-»: ra màn hình).",
            "Write the facts as JSON to a file (none, or “-”: standard output).",
        ),
    )(function)


def write_json(path: Path, facts: object) -> None:
    text = msgspec.json.format(msgspec.json.encode(facts), indent=2)
    if str(path) == "-":
        click.echo(text)
    else:
        path.write_bytes(text + b"\n")
