"""What the demonstration shows at its end."""

from datetime import datetime
from pathlib import Path

from rich.table import Table

from shared.agreement.parties import AGENCY_VI, Agency
from shared.agreement.wording import EVENTS, STAGES
from shared.cli.console import out
from shared.cli.grounds import grounds
from shared.cli.language import say
from shared.demo.columns import Held, Row, case_named, side_by_side
from shared.demo.facts import Facts
from shared.demo.offices import ActRefused, Offices
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


def show(offices: Offices, year: Year, facts: Facts, folder: Path) -> None:
    """Print everything. `folder`: the services' data. Raises ActRefused, OfficeAway."""
    for table in (
        _agencies(facts),
        _channels(facts),
        _stories(offices, year),
        _columns(year.shown, side_by_side(offices, year.shown)),
        _as_of(offices, year),
    ):
        table.caption = say(f"Ngày mô phỏng {year.ends:%d/%m/%Y}", f"Simulated day {year.ends:%d/%m/%Y}")
        out.print(table)
    asked = year.asked
    agency, case = offices.agreement.party(asked.office).agency, case_named(offices, asked.person)
    out.print(
        f"phoihop --data {folder} case {case} --agency {agency} --as-of {asked.on}",
        soft_wrap=True,
        highlight=False,
    )
    _totals(facts)
    _agreement(facts)


def _name(agency: Agency) -> str:
    return say(AGENCY_VI[agency], AGENCY_EN[agency])


def _agencies(facts: Facts) -> Table:
    table = Table(title=say("Từng cơ quan", "Each agency"))
    table.add_column(say("Cơ quan", "Agency"))
    table.add_column(say("Sự kiện trong nhật ký", "Events in the log"), justify="right")
    table.add_column(say("Hồ sơ", "Cases"), justify="right")
    table.add_column(say("Đang chờ xử lý", "Parked"), justify="right")
    for agency, counts in facts.agencies.items():
        table.add_row(_name(Agency(agency)), str(counts.events), str(counts.cases), str(counts.parked))
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
    """Of somebody who moved: at the office he left, then at the one he came to."""
    case = case_named(offices, person)
    stages = []
    for office in offices.codes(agency):
        try:
            stage: str = offices.get(office, f"/api/cases/{case}")["stage"]
        except ActRefused as refused:
            if refused.why != "not_found":
                raise
            continue
        stages.append(say(STAGES.get(stage, stage), stage))
    return " / ".join(stages) or _not_told()


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
        when = _day(row.occurred) if row.occurred else say("nội bộ", "private")
        table.add_row(when, _event(row), *(_held(row.held[agency]) for agency in Agency))
    return table


def _event(row: Row) -> str:
    vi, en = KEPT.get(row.name) or (EVENTS.get(row.name, row.name), row.name)
    return say(vi, en)


def _held(held: Held | None) -> str:
    """Who said it shows what it said; who was told, what was left out for it."""
    if held is None:
        return _not_told()
    if held.own:
        return "; ".join(f"{label}: {text}" if label else text for label, text in held.facts)
    if held.nameless:
        return say("được báo, không nêu tên ai", "told, without names")
    if held.untold:
        return say("được báo, trừ: ", "told, except: ") + f"[dim]{', '.join(held.untold)}[/dim]"
    return say("được báo đủ", "told in full")


def _not_told() -> str:
    return "[dim]" + say("— không được báo", "— not told") + "[/dim]"


def _as_of(offices: Offices, year: Year) -> Table:
    asked = year.asked
    case = case_named(offices, asked.person)
    answer = offices.get(asked.office, f"/api/cases/{case}/audit?as_of={asked.on}")
    office = offices.agreement.party(asked.office).name
    reached: str = answer["stage"]
    stage = say(STAGES.get(reached, reached), reached)
    table = Table(
        title=say(
            f"Hết ngày {asked.on:%d/%m/%Y}, {office} biết gì về {asked.person}: «{stage}»",
            f"What {office} knew of {asked.person} at the end of {asked.on}: “{stage}”",
        ),
        show_lines=True,
    )
    table.add_column(say("Ngày", "Day"))
    table.add_column(say("Biết được / quyết định", "Learnt / decided"))
    table.add_column(say("Từ ai", "By whom"))
    table.add_column(say("Căn cứ", "Grounds"))
    for known in answer["knew"]:
        event = say(EVENTS.get(known["event"], known["event"]), known["event"])
        table.add_row(_day(datetime.fromisoformat(known["learnt"])), event, known["publisher"], "")
    for decided in answer["decisions"]:
        if decided["because_of"] is None:  # else it only took in what is listed above
            day = _day(datetime.fromisoformat(decided["recorded"]))
            table.add_row(day, decided["decision"], decided["actor"], grounds(decided["facts"]))
    return table


def _day(instant: datetime) -> str:
    return f"{instant.astimezone(LOCAL):%d/%m/%Y}"


def _totals(facts: Facts) -> None:
    lists, loans = facts.lists, facts.loans
    out.print(
        say(
            f"{lists.due} danh sách đến hạn: {lists.submitted} đã gửi, {lists.nil} trống, {lists.returned} bị trả lại,"
            f" {lists.late} quá hạn. Khoản vay: {loans.disbursed} đã giải ngân, {loans.overdue} quá hạn,"
            f" {loans.settled} tất toán.",
            f"{lists.due} lists due: {lists.submitted} handed in, {lists.nil} nil, {lists.returned} returned,"
            f" {lists.late} late. Loans: {loans.disbursed} disbursed, {loans.overdue} overdue,"
            f" {loans.settled} settled.",
        )
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
