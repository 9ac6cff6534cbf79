"""What the demonstration shows at its end."""

from datetime import datetime

from rich.table import Table

from shared.agreement.parties import AGENCY_VI, Agency
from shared.agreement.wording import EVENTS, STAGES
from shared.cli.console import out
from shared.cli.language import say
from shared.demo.columns import Held, Row, case_named, side_by_side
from shared.demo.facts import Facts
from shared.demo.offices import ActRefused, Json, Offices
from shared.demo.script import Year
from shared.log.clock import LOCAL

AGENCY_EN = {
    Agency.POLICE: "Commune police",
    Agency.COMMUNE: "People's Committee",
    Agency.BANK: "Policy bank's office",
}
KEPT = {
    "police_note": ("Ghi chú của Công an", "The police's note"),
    "borrower": ("Người đứng tên vay", "The borrower"),
    "interest": ("Lãi đã thu", "Interest received"),
}
FACT_LENGTH = 60


def show(offices: Offices, year: Year, facts: Facts) -> None:
    """Print everything. Raises ActRefused, OfficeAway."""
    simulated = say(f"Ngày mô phỏng {year.ends:%d/%m/%Y}", f"Simulated day {year.ends:%d/%m/%Y}")
    out.rule(simulated)
    out.print(_agencies(facts))
    out.print(_channels(facts))
    out.print(_stories(offices, year))
    out.print(_columns(year.shown, side_by_side(offices, year.shown)))
    _as_of(offices, year)
    _agreement(facts)


def _name(agency: Agency) -> str:
    return say(AGENCY_VI[agency], AGENCY_EN[agency])


def _agencies(facts: Facts) -> Table:
    table = Table(title=say("Từng cơ quan", "Each agency"))
    for heading in (
        say("Cơ quan", "Agency"),
        say("Sự kiện trong nhật ký", "Events in the log"),
        say("Hồ sơ", "Cases"),
        say("Đang chờ xử lý", "Parked"),
    ):
        table.add_column(heading, justify="left" if table.columns == [] else "right")
    for agency, counts in facts.agencies.items():
        table.add_row(_name(Agency(agency)), str(counts.events), str(counts.cases), str(counts.parked))
    lists, loans = facts.lists, facts.loans
    table.caption = say(
        f"{lists.due} danh sách đến hạn: {lists.submitted} đã gửi, {lists.nil} trống, {lists.returned} bị trả lại,"
        f" {lists.late} quá hạn. Khoản vay: {loans.disbursed} đã giải ngân, {loans.overdue} quá hạn,"
        f" {loans.settled} tất toán.",
        f"{lists.due} lists due: {lists.submitted} handed in, {lists.nil} nil, {lists.returned} returned,"
        f" {lists.late} late. Loans: {loans.disbursed} disbursed, {loans.overdue} overdue, {loans.settled} settled.",
    )
    return table


def _channels(facts: Facts) -> Table:
    table = Table(title=say("Từng kênh", "Each channel"))
    table.add_column(say("Kênh", "Channel"))
    table.add_column(say("Đã gửi", "Sent"), justify="right")
    table.add_column(say("Đã nhận", "Received"), justify="right")
    for channel, traffic in facts.channels.items():
        table.add_row(channel, str(traffic.sent), str(traffic.received))
    return table


def _stories(offices: Offices, year: Year) -> Table:
    """Each story, and how each agency sees its case at the end."""
    table = Table(title=say("Những câu chuyện trong năm", "The stories of the year"))
    table.add_column(say("Chuyện", "Story"))
    table.add_column(say("Người", "Person"))
    for agency in Agency:
        table.add_column(_name(agency))
    for story, person in year.stories:
        stages = [_stage(offices, agency, person) if person else "" for agency in Agency]
        table.add_row(story, person or "", *stages)
    return table


def _stage(offices: Offices, agency: Agency, person: str) -> str:
    case = case_named(offices, person)
    stages = []
    for office in offices.codes(agency):
        try:
            stage = offices.get(office, f"/api/cases/{case}")["stage"]
        except ActRefused as refused:
            if refused.code != "not_found":
                raise
            continue
        stages.append(say(STAGES.get(stage, stage), stage))
    return " / ".join(stages) or say("— không được báo", "— not told")


def _columns(name: str, rows: list[Row]) -> Table:
    table = Table(
        title=say(
            f"Hồ sơ {name}: mỗi cơ quan giữ gì, không được báo gì",
            f"The case of {name}: what each holds, what each was not told",
        ),
        show_lines=True,
    )
    table.add_column(say("Xảy ra", "Occurred"))
    table.add_column(say("Sự kiện", "Event"))
    for agency in Agency:
        table.add_column(_name(agency))
    for row in rows:
        table.add_row(_when(row.occurred), _event(row), *(_held(row.held[agency]) for agency in Agency))
    return table


def _when(occurred: datetime | None) -> str:
    return f"{occurred.astimezone(LOCAL):%d/%m/%Y}" if occurred else say("nội bộ", "private")


def _event(row: Row) -> str:
    return say(*KEPT[row.name]) if row.name in KEPT else say(EVENTS.get(row.name, row.name), row.name)


def _held(held: Held | None) -> str:
    if held is None:
        return "[dim]" + say("— không được báo", "— not told") + "[/dim]"
    facts = [f"{label}: {text}" if label else text for label, text in held.facts]
    lines = [fact if len(fact) <= FACT_LENGTH else f"{fact[:FACT_LENGTH]}…" for fact in facts]
    if held.untold:
        lines.append("[dim]" + say("— không được báo: ", "— not told: ") + ", ".join(held.untold) + "[/dim]")
    return "\n".join(lines)


def _as_of(offices: Offices, year: Year) -> None:
    asked = year.asked
    case = case_named(offices, asked.person)
    answer = offices.get(asked.office, f"/api/cases/{case}/audit?as_of={asked.on}")
    office = offices.agreement.party(asked.office).name
    table = Table(
        title=say(
            f"Hết ngày {asked.on:%d/%m/%Y}, {office} biết gì về {asked.person}: «{STAGES[answer['stage']]}»",
            f"What {office} knew of {asked.person} at the end of {asked.on}: {answer['stage']}",
        ),
        caption=f"phoihop case {case} --office {asked.office} --as-of {asked.on}",
        show_lines=True,
    )
    table.add_column(say("Ngày", "Day"))
    table.add_column(say("Biết được / quyết định", "Learnt / decided"))
    table.add_column(say("Từ ai", "By whom"))
    table.add_column(say("Căn cứ", "Grounds"))
    for known in answer["knew"]:
        event = say(EVENTS.get(known["event"], known["event"]), known["event"])
        table.add_row(_when(datetime.fromisoformat(known["learnt"])), event, known["publisher"], "")
    for decided in answer["decisions"]:
        when = _when(datetime.fromisoformat(decided["recorded"]))
        table.add_row(when, decided["decision"], decided["actor"], _grounds(decided["facts"]))
    out.print(table)


def _grounds(facts: Json) -> str:
    """The checks that a decision rests on, with their articles and figures: those that failed, or how many passed."""
    checks = facts.get("checks") or []
    failed = [check for check in checks if not check["passed"]]
    if checks and not failed:
        return say(f"{len(checks)} điều kiện đều đạt", f"all {len(checks)} conditions met")
    return "\n".join(
        f"✗ {check['source']}: " + ", ".join(f"{name} {value}" for name, value in check["facts"].items())
        for check in failed
    )


def _agreement(facts: Facts) -> None:
    if facts.agree:
        out.print(
            say(
                "[green]Các cơ quan khớp nhau[/green]: mỗi kênh có cùng mã băm ở hai đầu, không việc nào bị tạm dừng,"
                " và từng cặp đơn vị dựng ra cùng hồ sơ từ những gì cả hai cùng giữ.",
                "[green]The agencies agree[/green]: each channel has the same digest at both ends, nothing is parked,"
                " and each pair of parties folds what both hold into the same case files.",
            )
        )
        return
    out.print(say("[red]Các cơ quan KHÔNG khớp nhau:[/red]", "[red]The agencies do NOT agree:[/red]"))
    for difference in facts.differences:
        out.print(f"  {difference}", highlight=False)
