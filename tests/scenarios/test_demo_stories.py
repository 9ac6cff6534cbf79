"""Each story of the year, told by the services that lived it."""

import json
from collections.abc import Iterator
from typing import Any

from shared.agreement.acting import Role
from shared.demo.columns import case_named, side_by_side
from shared.demo.directory import Directory
from shared.demo.offices import Json, Offices
from tests.scenarios.playing import timelines

CA_HM, CA_TM = "ca-hoamau", "ca-thienmong"
UBND_HM, UBND_TM = "ubnd-hoamau", "ubnd-thienmong"
PGD = "pgd-songmau"


def loan_of(offices: Offices, name: str, month: str) -> Json:
    return offices.get(PGD, Directory(offices).loan(month, name))


def list_at(offices: Offices, office: str, month: str) -> Json:
    return offices.get(office, Directory(offices).list(office, month))


def names(lines: list[Json]) -> list[str]:
    return [line["entry"]["particulars"]["full_name"] for line in lines]


def events(items: list[Json]) -> list[str]:
    return [item["name"] for item in items]


def everything_held(offices: Offices, name: str, *but: str) -> str:
    """All that offices hold of a case in the shared language, as text; without the offices `but`."""
    held = timelines(offices, case_named(offices, name))
    return json.dumps([items for office, items in held.items() if office not in but], ensure_ascii=False)


def test_a_wife_borrows_for_her_husband_and_only_the_bank_knows_that_it_is_she(offices: Offices) -> None:
    loan = loan_of(offices, "Đặng Quốc Hùng", "2025-11")
    assert loan["borrower"]["name"] == "Lê Thị Thu Hà"
    assert loan["borrower"]["relation"] == "spouse"
    assert loan["state"] == "active"
    told = everything_held(offices, "Đặng Quốc Hùng")
    assert "Đặng Quốc Hùng" in told
    assert "Lê Thị Thu Hà" not in told
    assert loan["borrower"]["identity_number"] not in told


def test_interest_stays_at_the_bank(offices: Offices) -> None:
    receipts = loan_of(offices, "Đặng Quốc Hùng", "2025-11")["receipts"]
    assert sum(receipt["interest"] for receipt in receipts) == 3_900_000
    assert "interest" not in everything_held(offices, "Đặng Quốc Hùng")


def test_a_loan_is_refused_because_five_years_passed_between_list_and_approval(offices: Offices) -> None:
    loan = loan_of(offices, "Bùi Văn Tám", "2025-11")
    assert loan["state"] == "refused"
    failed = [check for check in loan["refusal"]["checks"] if not check["passed"]]
    assert [(check["rule"], check["facts"]["last_day"]) for check in failed] == [("five_years", "2025-11-14")]
    assert "Điều 3 khoản 2 điểm a" in failed[0]["source"]
    assert all(check["passed"] for check in loan["proposal"]["checks"])
    assert "Bùi Văn Tám" in names(list_at(offices, CA_HM, "2025-11")["lines"])


def test_the_audit_tells_what_the_bank_knew_the_day_before_it_refused(offices: Offices) -> None:
    case = case_named(offices, "Bùi Văn Tám")
    before = offices.get(PGD, f"/api/cases/{case}/audit?as_of=2025-11-17")
    after = offices.get(PGD, f"/api/cases/{case}/audit?as_of=2025-11-18")
    assert (before["stage"], after["stage"]) == ("with_bank", "refused")
    assert after["decisions"][-1]["decision"] == "bank/loan.refused"
    assert after["decisions"][-1]["actor"] == "giamdoc.pgd-songmau"


def test_a_loan_is_refused_for_a_debt_with_the_same_purpose_and_the_others_learn_the_article(
    offices: Offices,
) -> None:
    loan = loan_of(offices, "Huỳnh Công Danh", "2025-11")
    assert loan["lookup"] == {
        "looked_up_on": "2025-11-10",
        "person_has_debt": False,
        "borrower_has_debt": True,
    }
    assert loan["refusal"]["grounds"] == "art_3_3_same_purpose"
    for office in (CA_TM, UBND_TM):
        told = offices.get(office, f"/api/cases/{case_named(offices, 'Huỳnh Công Danh')}/timeline")["items"]
        refusal = next(item["data"] for item in told if item["name"] == "LoanRefused")
        assert refusal["grounds"] == "art_3_3_same_purpose"
        assert "borrower_has_debt" not in refusal


def test_a_conditional_release_is_left_out_of_every_list_until_the_probation_has_ended(
    offices: Offices,
) -> None:
    case = case_named(offices, "Hoàng Minh Khôi")
    for month in ("2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05"):
        left_out = list_at(offices, CA_HM, month)["left_out"]
        (mine,) = [out for out in left_out if out["person_id"] == case]
        assert {"probation_ended", "certificate"} == {check["rule"] for check in mine["failed"]}
    assert names(list_at(offices, CA_HM, "2026-06")["lines"]) == ["Hoàng Minh Khôi"]
    assert loan_of(offices, "Hoàng Minh Khôi", "2026-06")["state"] == "active"


def test_someone_moves_with_an_entry_pending_and_the_bank_hears_of_it(offices: Offices) -> None:
    name = "Phan Đình Lộc"
    told = timelines(offices, case_named(offices, name))
    assert {"ListEntryWithdrawn", "ResidenceTransferred"} <= set(events(told[PGD]))
    moved = next(item["data"] for item in told[PGD] if item["name"] == "ResidenceTransferred")
    assert (moved["commune"], moved["to_commune"]) == ("99901", "99902")
    assert "particulars" not in moved
    lines = {month: list_at_bank(offices, month, name) for month in ("2026-02", "2026-03")}
    assert lines["2026-02"]["state"] == "ended"
    assert lines["2026-03"]["state"] == "taken_up"
    assert loan_of(offices, name, "2026-03")["state"] == "active"


def list_at_bank(offices: Offices, month: str, name: str) -> Json:
    """A person's line on a list of the month."""
    for listed in offices.items(PGD, "/api/lists"):
        if listed["month"] == month:
            lines: list[Json] = offices.get(PGD, f"/api/lists/{listed['list_id']}")["lines"]
            for line in lines:
                if line["entry"]["particulars"]["full_name"] == name:
                    return line
    raise AssertionError(f"{name} is on no list of {month}")


def test_the_receiving_commune_carries_the_case_on_under_the_same_id(offices: Offices) -> None:
    case = case_named(offices, "Phan Đình Lộc")
    old, new = (offices.get(office, f"/api/persons/{case}") for office in (CA_HM, CA_TM))
    assert (old["standing"], old["moved_to"]) == ("transferred", "99902")
    assert (new["standing"], new["commune"]) == ("resident", "99902")
    assert old["note"] is None
    assert new["particulars"]["hamlet"] == "Thôn Suối Giữa"


def test_a_training_loan_is_disbursed_in_two_tranches(offices: Offices) -> None:
    loan = loan_of(offices, "Ngô Thị Bích Liên", "2025-12")
    assert loan["purpose"] == "training"
    assert loan["tranches"] == [
        {"disbursed_on": "2025-12-18", "amount": 18_000_000},
        {"disbursed_on": "2026-05-20", "amount": 18_000_000},
    ]


def test_a_six_month_loan_unpaid_at_its_final_date_falls_overdue_and_is_partly_recovered(
    offices: Offices,
) -> None:
    loan = loan_of(offices, "Trịnh Văn Đức", "2025-11")
    assert (loan["state"], loan["due_on"], loan["overdue_since"]) == ("overdue", "2026-06-16", "2026-06-17")
    assert loan["principal"] == 15_000_000
    told = timelines(offices, case_named(offices, "Trịnh Văn Đức"))
    for office in (CA_HM, UBND_HM):
        recovered = [item["data"] for item in told[office] if item["name"] == "DebtRecovered"]
        assert [(posting["amount"], posting["part"]) for posting in recovered] == [
            (12_000_000, "overdue"),
            (3_000_000, "overdue"),
        ]
        assert "LoanBecameOverdue" in events(told[office])


def test_a_loan_repaid_early_is_settled_to_the_dong(offices: Offices) -> None:
    loan = loan_of(offices, "Võ Thị Kim Ngân", "2025-11")
    assert (loan["state"], loan["settled_on"], loan["due_on"]) == ("settled", "2026-08-12", "2027-12-10")
    owed = offices.get(PGD, f"/api/loans/{loan['loan_id']}/owed")
    assert (owed["principal"], owed["interest"]) == (0, 0)
    case = case_named(offices, "Võ Thị Kim Ngân")
    assert {offices.get(office, f"/api/cases/{case}")["stage"] for office in (CA_TM, UBND_TM, PGD)} == {
        "settled"
    }


def test_a_mistaken_receipt_is_taken_back_by_a_second_person(offices: Offices) -> None:
    told = events(timelines(offices, case_named(offices, "Nguyễn Thành Trung"))[CA_HM])
    assert (told.count("DebtRecovered"), told.count("DebtRecoveryReversed")) == (2, 1)
    assert loan_of(offices, "Nguyễn Thành Trung", "2025-11")["principal"] == 49_500_000


def months(offices: Offices, office: str) -> dict[str, Json]:
    return {month["month"]: month for month in offices.get(office, "/api/months")["items"]}


def test_nil_lists_are_confirmed_and_acknowledged_like_any_other(offices: Offices) -> None:
    nil = {
        (office, name)
        for office in (CA_HM, CA_TM)
        for name, month in months(offices, office).items()
        if month["entries"] == 0
    }
    assert nil == {
        (CA_HM, "2026-01"),
        (CA_HM, "2026-07"),
        (CA_HM, "2026-09"),
        (CA_TM, "2026-04"),
        (CA_TM, "2026-06"),
        (CA_TM, "2026-10"),
    }
    assert {months(offices, office)[name]["state"] for office, name in nil} == {"acknowledged"}


def test_a_list_is_returned_corrected_and_confirmed_in_its_second_round(offices: Offices) -> None:
    listed = list_at(offices, CA_TM, "2026-01")
    assert listed["round"] == 2
    assert [objection["reason"] for objection in listed["returned"]["objections"]] == ["wrong_particulars"]
    (line,) = listed["lines"]
    assert line["entry"]["particulars"]["birth"] == "1979-03-04"
    assert list_at_bank(offices, "2026-01", "Đoàn Văn Thắng")["entry"]["particulars"]["birth"] == "1979-03-04"


def test_a_list_is_late_because_the_committee_held_it_and_everybody_is_told_so(offices: Offices) -> None:
    for office in (CA_HM, UBND_HM, PGD):
        late = [month for month in offices.get(office, "/api/months")["items"] if month.get("overdue_holder")]
        assert [(it["commune"], it["month"], it["overdue_holder"], it["overdue_since"]) for it in late] == [
            ("99901", "2026-05", "commune", "2026-04-29")
        ]
    states = {duty["state"] for duty in _duties(offices, CA_HM, "99901", "2026-05")}
    assert states <= {"met_late"}


def _duties(offices: Offices, office: str, commune: str, month: str) -> Iterator[Json]:
    for duty in offices.get(office, "/api/obligations")["items"]:
        if (duty["commune"], duty["month"], duty["duty"]) == (commune, month, "list"):
            yield duty


def test_a_list_handed_in_on_a_sunday_the_fifth_is_in_time(offices: Offices) -> None:
    for office, name in ((CA_HM, "2026-04"), (CA_TM, "2026-07")):
        listed = list_at(offices, office, name)
        assert listed["due_on"] == f"{name}-05"
        assert listed["submitted"]["dated"] == f"{name}-05"
        assert listed["overdue"] is None


def test_the_bank_never_learns_why_an_entry_was_struck_nor_that_there_was_one(offices: Offices) -> None:
    listed = list_at(offices, CA_HM, "2025-11")
    (struck,) = [line for line in listed["lines"] if line["state"] == "struck"]
    assert struck["entry"]["particulars"]["full_name"] == "Chu Văn Bảy"
    assert struck["reason"] == "not_law_abiding"
    told = offices.get(PGD, Directory(offices).list(PGD, "2025-11"))
    assert "Chu Văn Bảy" not in json.dumps([told, *offices.items(PGD, "/api/cases")], ensure_ascii=False)
    news = json.dumps(list(offices.items(PGD, "/api/news")), ensure_ascii=False)
    assert "not_law_abiding" not in news
    assert "conduct_good" not in news


def test_notes_never_leave_the_office_that_wrote_them(offices: Offices) -> None:
    ours = "Vợ đứng tên vay, nuôi bò sinh sản"
    case = case_named(offices, "Đặng Quốc Hùng")
    assert offices.get(CA_HM, f"/api/persons/{case}")["note"] == ours
    for office in (CA_TM, UBND_HM, UBND_TM, PGD):
        assert ours not in json.dumps(list(offices.items(office, "/api/news")), ensure_ascii=False)


def test_the_three_columns_show_what_each_agency_was_not_told(offices: Offices) -> None:
    rows: dict[str, Any] = {row.name: row.held for row in side_by_side(offices, "Đặng Quốc Hùng")}
    assert rows["PersonReleased"]["bank"] is None
    assert "Số giấy chứng nhận" in rows["PersonReleased"]["commune"].untold
    assert rows["ListConfirmed"]["bank"].nameless
    assert rows["borrower"]["police"] is None
    assert rows["LoanDisbursed"]["police"].untold == []


def test_an_office_sees_only_its_own_cases(offices: Offices) -> None:
    there = {case["name"] for case in offices.items(CA_TM, "/api/cases")}
    assert "Võ Thị Kim Ngân" in there
    assert "Đặng Quốc Hùng" not in there


def test_what_officers_wrote_into_workbooks_was_taken_in_whole(offices: Offices) -> None:
    for office in (CA_HM, CA_TM):
        runs = list(offices.items(office, "/api/imports"))
        assert len(runs) == 12
        assert {run["status"] for run in runs} == {"completed"}
        assert sum(run["rejected"] for run in runs) == 0
    mine = {run["workbook"]: run for run in offices.items(CA_HM, "/api/imports")}
    assert (mine["2025-10.xlsx"]["accepted"], mine["2025-10.xlsx"]["rows"]) == (35, 35)
    assert mine["2026-02.xlsx"]["unchanged"] == 1
    assert mine["2026-07.xlsx"]["updated"] == 1


def test_an_auditor_reads_and_decides_nothing(offices: Offices) -> None:
    assert offices.get(CA_HM, "/api/cases", Role.AUDITOR)["items"]
