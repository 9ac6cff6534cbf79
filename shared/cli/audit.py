"""`case`: what an office knew on a day, and why each decision was taken."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from rich.table import Column, Table

from shared.agreement.parties import Agency, load_agreement
from shared.agreement.wording import EVENTS, STAGES
from shared.cli.console import json_option, out, write_json
from shared.cli.grounds import explained
from shared.cli.language import say
from shared.hosting.config import load_config
from shared.hosting.host import everything_published, find_agency, open_log
from shared.log.clock import LOCAL, system_clock
from shared.mirror.audit import Answer, as_of
from shared.mirror.spoken import Memory


@click.command(
    help=say(
        "Một hồ sơ như một cơ quan biết vào một ngày, dựng lại từ nhật ký, kèm căn cứ từng quyết định.",
        "A case as an agency knew it on a day, replayed from the log, with the grounds of each decision.",
    )
)
@click.argument("case", type=click.UUID)
@click.option(
    "--agency",
    type=click.Choice([agency.value for agency in Agency]),
    required=True,
    help=say("Cơ quan.", "Agency."),
)
@click.option(
    "--office",
    help=say("Mã đơn vị, khi dịch vụ có nhiều đơn vị.", "The office, where the service hosts several."),
)
@click.option(
    "--as-of",
    "day",
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    required=True,
    help=say("Ngày (hết ngày, giờ Việt Nam).", "The day (its end, in Viet Nam)."),
)
@click.option(
    "--learnt/--occurred",
    "learnt",
    default=True,
    help=say(
        "Theo lúc biết (mặc định) hay lúc xảy ra.", "By when it was learnt (default) or when it occurred."
    ),
)
@json_option
@click.pass_obj
def case(
    data: Path,
    case: UUID,
    agency: str,
    office: str | None,
    day: datetime,
    learnt: bool,
    json_out: Path | None,
) -> None:
    config = load_config(data / agency)
    definition = find_agency(agency)
    agreement = load_agreement(Path(config.agreement))
    log = open_log(data / agency, system_clock, definition, agreement)
    memory = Memory(agreement, everything_published(definition))
    try:
        answers = [
            as_of(log, memory, code, case, day.date(), "learnt" if learnt else "occurred")
            for code in ([office] if office else config.offices)
        ]
    finally:
        log.close()
    known = [answer for answer in answers if answer.knew or answer.decisions]
    if not known:
        raise ValueError(
            say(
                f"Đến ngày đó cơ quan này chưa biết hồ sơ {case}.",
                f"By that day this agency knew nothing of {case}.",
            )
        )
    if json_out:
        return write_json(json_out, known[0] if len(known) == 1 else known)
    for answer in known:
        _show(answer)
    return None


def _show(answer: Answer) -> None:
    day = f"{answer.as_of:%d/%m/%Y}"
    stage = say(STAGES[answer.stage], answer.stage)
    out.print(
        f"[bold]{answer.office}[/bold] · "
        + say(f"hồ sơ {answer.case}, hết ngày {day}: ", f"case {answer.case}, end of {day}: ")
        + f"[bold]{stage}[/bold]"
    )
    knew = Table(
        say("Xảy ra", "Occurred"),
        say("Biết lúc", "Learnt"),
        say("Ai báo", "Publisher"),
        say("Sự kiện", "Event"),
    )
    for item in answer.knew:
        event = say(EVENTS.get(item.event, item.event), item.event)
        knew.add_row(_moment(item.occurred), _moment(item.learnt), item.publisher, event)
    out.print(knew)
    table = Table(
        say("Ghi lúc", "Recorded"),
        Column(say("Quyết định, ai", "Decision, by whom"), overflow="fold"),
        Column(say("Căn cứ", "Grounds"), overflow="fold", ratio=1),
        show_lines=True,
    )
    for decided in answer.decisions:
        who = f"{decided.decision}\n{decided.actor}"
        table.add_row(_moment(decided.recorded), who, explained(decided.facts))
    out.print(table)


def _moment(instant: datetime) -> str:
    return instant.astimezone(LOCAL).strftime("%d/%m/%Y %H:%M")


COMMANDS = (case,)
