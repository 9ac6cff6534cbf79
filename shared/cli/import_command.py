"""`import`: a workbook into an agency's register."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from shared.agreement.parties import Agency
from shared.cli.console import errors, json_option, out
from shared.cli.language import LANGUAGE, say
from shared.cli.operations import host_of
from shared.hosting.definition import ImportOptions, ImportStep
from shared.sheets.report import Report

ACTOR = "phoihop import"
SHOWN = 50
"""Errors in the table; the report has the first 1,000."""


@click.command(
    "import",
    help=say(
        "Nhập một bảng tính (.xlsx, .csv) vào sổ của một cơ quan. Kiểm tra mọi dòng trước; có dòng sai thì không"
        " ghi gì, trừ khi dùng --skip-bad. Bị ngắt giữa chừng, hãy chạy lại đúng lệnh đó. Mã thoát 0: đã nhận tất"
        " cả; 2: có dòng bị từ chối.",
        "Take a workbook (.xlsx, .csv) into an agency's register. Every row is checked first; if one is bad nothing"
        " is recorded, unless --skip-bad is given. Interrupted, the same command completes it. Exit status 0:"
        " everything was taken; 2: rows were refused.",
    ),
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--agency",
    type=click.Choice([agency.value for agency in Agency]),
    required=True,
    help=say("Cơ quan.", "Agency."),
)
@click.option(
    "--office",
    help=say(
        "Mã đơn vị; không ghi thì mỗi dòng thuộc về đơn vị của xã ghi trong dòng.",
        "The office; without it each row goes to the office of the commune it names.",
    ),
)
@click.option("--dry-run", is_flag=True, help=say("Chỉ kiểm tra, không ghi.", "Check only, record nothing."))
@click.option("--skip-bad", is_flag=True, help=say("Bỏ qua các dòng sai.", "Take the good rows only."))
@click.option(
    "--abandon",
    is_flag=True,
    help=say(
        "Bỏ lần nhập dở dang trước đó (các dòng đã ghi vẫn giữ), rồi nhập tệp này.",
        "Give up what another import left half-done (its recorded rows stay), then import this file.",
    ),
)
@json_option
@click.pass_context
def import_(
    context: click.Context,
    file: Path,
    agency: str,
    office: str | None,
    dry_run: bool,
    skip_bad: bool,
    abandon: bool,
    json_out: Path | None,
) -> None:
    if dry_run and abandon:
        raise click.UsageError(
            say("--dry-run không đi cùng --abandon.", "--dry-run does not go with --abandon.")
        )
    with host_of(context.obj, agency) as host, _progress() as progress, file.open("rb") as content:
        service = host.service
        importer = service.definition.import_file
        if importer is None:
            raise ValueError(say(f"{agency} không nhận bảng tính.", f"The {agency} takes no workbooks."))
        offices = service.offices if office is None else (service.office(office),)
        options = ImportOptions(ACTOR, dry_run, skip_bad, abandon, progress)
        report = importer(service, offices, file.name, content, options)
        codes = [each.code for each in offices]
    if json_out is None or str(json_out) != "-":
        _show(report, dry_run)
    if len(codes) > 1 and any(error.code in ("header_missing", "required") for error in report.errors):
        errors.print(
            say(
                f"Dịch vụ có nhiều đơn vị ({', '.join(codes)}): bảng tính không có cột Xã cần --office.",
                f"This service hosts {', '.join(codes)}: a workbook without a column Xã needs --office.",
            )
        )
    if json_out:
        _write(report, json_out)
    if not report.all_taken:
        context.exit(2)


class _Bars:
    """One bar per step, shown from the first time it moves."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.tasks: dict[ImportStep, TaskID] = {}

    def __call__(self, step: ImportStep, rows: int, of: int | None) -> None:
        if step not in self.tasks:
            title = say("Kiểm tra", "Checking") if step == "checking" else say("Ghi", "Recording")
            self.tasks[step] = self.progress.add_task(title, total=of)
        self.progress.update(self.tasks[step], completed=rows, total=of)


@contextmanager
def _progress() -> Iterator[_Bars]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
        yield _Bars(progress)


def _show(report: Report, dry_run: bool) -> None:
    counts = Table(
        say("Dòng", "Rows"),
        say("Mới", "New"),
        say("Không đổi", "Unchanged"),
        say("Cập nhật", "Updated"),
        say("Bị từ chối", "Refused"),
        title=say("Nếu nhập thật", "If it were imported") if dry_run else None,
    )
    counts.add_row(
        *map(str, (report.rows, report.accepted, report.unchanged, report.updated, report.rejected))
    )
    out.print(counts)
    if report.errors:
        _show_errors(report)
    if report.errors and report.accepted + report.unchanged + report.updated == 0:
        out.print(say("Chưa ghi gì.", "Nothing was recorded."))


def _show_errors(report: Report) -> None:
    table = Table(
        say("Dòng", "Row"),
        say("Cột", "Column"),
        say("Giá trị", "Value"),
        say("Lỗi", "What is wrong"),
        title=say("Lỗi", "Errors"),
    )
    for error in report.errors[:SHOWN]:
        row = "" if error.row is None else str(error.row)
        said = f"{error.message.said(LANGUAGE)} ({error.code})"
        table.add_row(row, *map(escape, (error.column, error.value, said)))
    out.print(table)
    if len(report.errors) > SHOWN:
        more = len(report.errors) - SHOWN
        out.print(
            say(f"… và {more} lỗi nữa; xem đủ bằng --json.", f"… and {more} more; see them with --json.")
        )


def _write(report: Report, path: Path) -> None:
    """Readable by its owner only."""
    if str(path) == "-":
        click.echo(report.as_json(LANGUAGE))
    else:
        report.write(path, LANGUAGE)


COMMANDS = (import_,)
