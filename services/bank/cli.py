"""`phoihop bank`: a loan reckoned by the tables, for anyone. Nothing is recorded and no folder opened."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import get_args

import click
from rich.table import Table

from services.bank.products import CapitalSource, Product, Purpose
from services.bank.quote import Quote, Refusal, Rule, Wanted, interest_of, quote
from shared.agreement.calendar import Calendar
from shared.agreement.parties import Settings
from shared.cli.console import errors, json_option, out, write_json
from shared.cli.language import LANGUAGE, say
from shared.sheets.cells import LAST_YEAR, MAX_AMOUNT, Cell, Kind, vnd
from shared.sheets.errors import Unreadable
from shared.sheets.messages import MESSAGES

REFUSED = 2
LONGEST_MONTHS = 1_200
LONGEST_STUDY = 120
MOST_WORKERS = 1_000_000


class Dong(click.ParamType[int]):
    """Whole đồng, above zero: `50000000`, `50.000.000` or `50,000,000`."""

    name = "đồng"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            amount = vnd(Cell(Kind.TEXT, str(value)))
        except Unreadable as error:
            text = MESSAGES[error.code]
            message = say(text.vi, text.en).format(limit=f"{MAX_AMOUNT:,}".replace(",", say(".", ",")))
            self.fail(f"{value!r}: {message}", param, ctx)
        if amount == 0:
            self.fail(say("Số tiền phải lớn hơn 0.", "The amount must be above zero."), param, ctx)
        return amount


class Day(click.ParamType[date]):
    name = say("ngày", "day")
    _written = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        moment: datetime = self._written.convert(value, param, ctx)
        if moment.year > LAST_YEAR:
            self.fail(say(f"{value}: sau năm {LAST_YEAR}.", f"{value}: after {LAST_YEAR}."), param, ctx)
        return moment.date()


@click.command(
    "quote",
    help=say(
        "Lịch trả gốc và lãi hằng tháng của một khoản vay, hoặc căn cứ vì sao không cho vay được (mã thoát 2)."
        " Tham khảo, không phải cam kết cho vay.",
        "The monthly principal and interest of a loan, or the rules that refuse it (exit status 2)."
        " For orientation, not a promise to lend.",
    ),
)
@click.option(
    "--purpose", type=click.Choice(get_args(Purpose)), required=True, help=say("Mục đích.", "Purpose.")
)
@click.option("--principal", type=Dong(), help=say("Số tiền vay.", "The sum lent."))
@click.option(
    "--months",
    type=click.IntRange(1, LONGEST_MONTHS),
    help=say(
        "Thời hạn (tháng); đào tạo: mặc định dài nhất.", "Term in months; training: the longest if not given."
    ),
)
@click.option(
    "--from", "begins", type=Day(), required=True, help=say("Ngày giải ngân đầu.", "First disbursement.")
)
@click.option(
    "--months-of-study",
    type=click.IntRange(1, LONGEST_STUDY),
    help=say("Đào tạo: số tháng học.", "Training: months of study."),
)
@click.option(
    "--monthly", type=Dong(), help=say("Đào tạo: số tiền mỗi tháng học.", "Training: per month of study.")
)
@click.option(
    "--tranches",
    type=click.IntRange(1, LONGEST_STUDY),
    help=say("Đào tạo: số lần giải ngân; mặc định 6 tháng một lần.", "Training: tranches; one per 6 months."),
)
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    help=say("Cơ sở: tổng số lao động.", "Establishment: all its workers."),
)
@click.option(
    "--released",
    type=click.IntRange(0, MOST_WORKERS),
    help=say("Cơ sở: số lao động chấp hành xong án phạt tù.", "Establishment: released persons among them."),
)
@click.option(
    "--transaction-day",
    type=click.IntRange(1, 28),
    help=say("Ngày giao dịch xã hằng tháng.", "The commune's transaction day of the month."),
)
@click.option(
    "--capital",
    "capital_source",
    type=click.Choice(get_args(CapitalSource)),
    default="central",
    show_default=True,
    help=say("Nguồn vốn.", "Source of capital."),
)
@click.option("--province", help=say("Tỉnh (với vốn địa phương).", "Province (with local capital)."))
@json_option
def quote_command(
    purpose: Purpose,
    principal: int | None,
    months: int | None,
    begins: date,
    months_of_study: int | None,
    monthly: int | None,
    tranches: int | None,
    workers: int | None,
    released: int | None,
    transaction_day: int | None,
    capital_source: CapitalSource,
    province: str | None,
    json_out: Path | None,
) -> None:
    training, establishment = purpose == "training", purpose == "establishment"
    _go_together(purpose, {"--months-of-study": months_of_study, "--monthly": monthly}, needed=training)
    _go_together(purpose, {"--tranches": tranches}, needed=training and tranches is not None)
    _go_together(purpose, {"--workers": workers, "--released": released}, needed=establishment)
    _go_together(purpose, {"--principal": principal}, needed=not training)
    if not training:
        _go_together(purpose, {"--months": months}, needed=True)
    if workers is not None and released is not None and released > workers:
        raise click.UsageError(
            say(
                f"--released {released} nhiều hơn --workers {workers}.",
                f"--released {released} is above --workers.",
            )
        )
    study = months_of_study or 0
    wanted = Wanted(
        Product(purpose, capital_source, province),
        begins,
        principal or (monthly or 0) * study,
        months,
        study,
        tranches,
        workers or 0,
        released or 0,
        transaction_day,
    )
    answer = quote(wanted)
    if isinstance(answer, list):
        _refuse(answer, json_out)
    elif json_out:
        write_json(json_out, answer)
    else:
        _show(answer)


@click.command(
    "interest",
    help=say(
        "Tiền lãi của một số dư từ ngày đến ngày (số ngày = đến − từ; 365 ngày một năm).",
        "What a balance bears from one day to another (days = to − from; 365 to the year).",
    ),
)
@click.option("--principal", type=Dong(), required=True, help=say("Số dư gốc.", "Principal."))
@click.option("--from", "begins", type=Day(), required=True, help=say("Từ ngày.", "From this day."))
@click.option("--to", "ends", type=Day(), required=True, help=say("Đến ngày.", "To this day."))
@click.option("--overdue", is_flag=True, help=say("Lãi suất nợ quá hạn.", "At the overdue rate."))
@json_option
def interest_command(principal: int, begins: date, ends: date, overdue: bool, json_out: Path | None) -> None:
    if ends < begins:
        raise click.UsageError(
            say(
                f"--to {ends:%d/%m/%Y} trước --from {begins:%d/%m/%Y}.",
                f"--to {ends} lies before --from {begins}.",
            )
        )
    answer = interest_of(principal, begins, ends, overdue)
    if isinstance(answer, list):
        _refuse(answer, json_out)
    elif json_out:
        write_json(json_out, answer)
    else:
        days = say(f"{answer.days} ngày", f"{answer.days} days")
        out.print(f"{days}: [bold]{_figure(answer.interest)}[/bold] {say('đồng', 'VND')}")


def _go_together(purpose: str, options: dict[str, object], needed: bool) -> None:
    """Options that a purpose needs, and only it takes."""
    for name, value in options.items():
        if needed and value is None:
            raise click.UsageError(say(f"{purpose}: cần {name}.", f"{purpose}: {name} is needed."))
        if not needed and value is not None:
            raise click.UsageError(say(f"{purpose}: không dùng {name}.", f"{purpose}: {name} has no place."))


def _refuse(refused: list[Refusal], json_out: Path | None) -> None:
    if json_out:
        write_json(json_out, {"refused": refused})
    for each in refused:
        limit, asked = _figure(each.limit), _figure(each.asked)
        errors.print(
            f"[red]{_named(each)}: "
            + say(f"giới hạn {limit}, đề nghị {asked}", f"the limit is {limit}, asked {asked}")
            + f"[/red] – {each.source}"
        )
    sys.exit(REFUSED)


def _show(answer: Quote) -> None:
    calendar = Calendar(Settings())
    headings = say(
        "Ngày đến hạn|Trả không quá hạn đến|Số ngày|Gốc|Lãi|Dư nợ còn lại",
        "Due|In time until|Days|Principal|Interest|Balance",
    )
    table = Table(
        title=say("Tham khảo, không phải cam kết cho vay", "For orientation, not a promise to lend")
    )
    for heading in headings.split("|"):
        table.add_column(heading, justify="right")
    for row in answer.rows:
        until = calendar.working_day_from(row.due)
        figures = (row.due, until, row.days, row.principal, row.interest, row.balance)
        table.add_row(*[_figure(figure) for figure in figures])
    out.print(table)
    out.print(say("Tổng lãi: ", "Total interest: ") + f"[bold]{_figure(answer.total_interest)}[/bold]")
    for rule in answer.rules:
        out.print(f"{_named(rule)} – {rule.source}")


def _figure(value: int | date) -> str:
    if isinstance(value, date):
        return value.isoformat() if LANGUAGE == "en" else f"{value:%d/%m/%Y}"
    return f"{value:,}" if LANGUAGE == "en" else f"{value:,}".replace(",", ".")


def _named(rule: Rule | Refusal) -> str:
    return {
        "in_force": say("Ngày có hiệu lực", "In force"),
        "ceiling": say("Mức cho vay tối đa", "Ceiling"),
        "term": say("Thời hạn tối đa", "Longest term"),
        "released_workers": say("Lao động chấp hành xong án phạt tù (≥ 10 %)", "Released workers (≥ 10 %)"),
        "rate": say("Lãi suất", "Rate"),
        "security": say("Phải bảo đảm tiền vay", "Security needed"),
        "instalments": say("Kỳ hạn trả gốc", "Instalments"),
        "interest": say("Cách tính lãi", "Interest"),
    }[rule.rule]


COMMANDS = (quote_command, interest_command)
