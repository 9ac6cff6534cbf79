"""`phoihop bank`: what anyone may reckon on the command line, and what bad input gets."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shared.cli.main import cli

Options = dict[str, str | None]

PRODUCTION: Options = {
    "--purpose": "production",
    "--principal": "100000000",
    "--months": "12",
    "--from": "2026-01-15",
}
TRAINING: Options = {
    "--purpose": "training",
    "--months-of-study": "9",
    "--monthly": "4000000",
    "--from": "2026-01-15",
}
ESTABLISHMENT = PRODUCTION | {"--purpose": "establishment", "--workers": "20", "--released": "2"}
INTEREST: Options = {"--principal": "100000000", "--from": "2026-01-01", "--to": "2026-01-31"}


def bank(command: str, options: Options, *flags: str) -> Result:
    given = [part for name, value in options.items() if value is not None for part in (name, value)]
    result = CliRunner(env={"COLUMNS": "200"}).invoke(cli, ["bank", command, *given, *flags])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def facts(command: str, options: Options, *flags: str, status: int = 0) -> Any:
    result = bank(command, options, *flags, "--json")
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def test_a_quote_gives_each_month_the_total_and_the_rules_with_their_sources() -> None:
    told = facts("quote", PRODUCTION)
    assert set(told) == {"rows", "total_interest", "rules"}
    assert len(told["rows"]) == 12
    first = {"due": "2026-02-15", "days": 31, "principal": 0, "interest": 560_548, "balance": 100_000_000}
    assert told["rows"][0] == first
    assert (told["rows"][-1]["principal"], told["rows"][-1]["balance"]) == (100_000_000, 0)
    assert told["total_interest"] == 6_600_000
    assert [rule["rule"] for rule in told["rules"]] == ["ceiling", "term", "rate", "instalments", "interest"]
    assert all(set(rule) == {"rule", "source"} and rule["source"] for rule in told["rules"])


@pytest.mark.parametrize(("months", "total"), [("18", 9_872_877), ("60", 24_212_143), ("120", 46_227_123)])
def test_article_8_2_a_longer_loan_costs_so_much(months: str, total: int) -> None:
    assert facts("quote", PRODUCTION | {"--months": months})["total_interest"] == total


def test_article_8_1_training_is_quoted_by_study_for_the_longest_term_unless_asked() -> None:
    told = facts("quote", TRAINING)
    assert (len(told["rows"]), sum(row["principal"] for row in told["rows"])) == (27, 36_000_000)
    assert told["rows"][0]["balance"] == 24_000_000
    told = facts("quote", TRAINING | {"--months": "12", "--tranches": "1"})
    assert (len(told["rows"]), told["rows"][0]["balance"]) == (12, 36_000_000)


def test_a_commune_has_its_transaction_day() -> None:
    rows = facts("quote", PRODUCTION | {"--transaction-day": "20"})["rows"]
    assert (rows[0]["due"], rows[-1]["due"]) == ("2026-02-20", "2027-01-15")


@pytest.mark.parametrize(("principal", "secured"), [("100000000", False), ("100000001", True)])
def test_an_establishment_must_secure_more_than_a_hundred_million(principal: str, secured: bool) -> None:
    rules = [rule["rule"] for rule in facts("quote", ESTABLISHMENT | {"--principal": principal})["rules"]]
    assert ("security" in rules) is secured
    assert "released_workers" in rules


@pytest.mark.parametrize(
    ("options", "rule", "article", "limit", "asked"),
    [
        (
            PRODUCTION | {"--principal": "100000001"},
            "ceiling",
            "Điều 6 khoản 2 điểm a",
            100_000_000,
            100_000_001,
        ),
        (PRODUCTION | {"--months": "121"}, "term", "Điều 8 khoản 2", 120, 121),
        (TRAINING | {"--monthly": "4000001"}, "ceiling", "Điều 6 khoản 1", 36_000_000, 36_000_009),
        (TRAINING | {"--months": "28"}, "term", "Điều 8 khoản 1", 27, 28),
        (TRAINING | {"--months-of-study": "13", "--months": "27"}, "term", "Điều 8 khoản 1", 26, 27),
        (
            ESTABLISHMENT | {"--workers": "12", "--principal": "1200000001"},
            "ceiling",
            "Điều 6 khoản 2 điểm b",
            1_200_000_000,
            1_200_000_001,
        ),
        (
            ESTABLISHMENT | {"--workers": "25", "--released": "3", "--principal": "2000000001"},
            "ceiling",
            "Điều 6 khoản 2 điểm b",
            2_000_000_000,
            2_000_000_001,
        ),
        (ESTABLISHMENT | {"--workers": "21"}, "released_workers", "Điều 3 khoản 2 điểm b", 3, 2),
        (PRODUCTION | {"--from": "2023-10-09"}, "in_force", "22/2023", "2023-10-10", "2023-10-09"),
    ],
)
def test_beyond_a_limit_the_rule_is_named_with_both_figures(
    options: Options, rule: str, article: str, limit: object, asked: object
) -> None:
    told = facts("quote", options, status=2)
    assert set(told) == {"refused"}
    (refused,) = told["refused"]
    assert article in refused.pop("source")
    assert refused == {"rule": rule, "limit": limit, "asked": asked}


def test_every_rule_that_refuses_is_named_at_once_and_in_words_without_json() -> None:
    options = PRODUCTION | {"--principal": "100000001", "--months": "121"}
    assert [each["rule"] for each in facts("quote", options, status=2)["refused"]] == ["ceiling", "term"]
    result = bank("quote", options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "giới hạn 100.000.000, đề nghị 100.000.001" in result.stderr
    assert "Điều 8 khoản 2" in result.stderr


@pytest.mark.parametrize(
    ("changed", "flags", "days", "interest"),
    [
        ({}, (), 30, 542_466),
        ({"--to": "2026-02-01"}, (), 31, 560_548),
        ({}, ("--overdue",), 30, 705_205),
        ({"--to": "2026-01-01"}, (), 0, 0),
        ({"--to": "2027-01-01"}, (), 365, 6_600_000),
        ({"--principal": "1"}, (), 30, 0),
        ({"--principal": "100.000.000", "--to": "31/01/2026"}, (), 30, 542_466),
    ],
)
def test_interest_between_two_days(
    changed: Options, flags: tuple[str, ...], days: int, interest: int
) -> None:
    assert facts("interest", INTEREST | changed, *flags) == {"days": days, "interest": interest}


def test_there_is_no_interest_before_the_decision() -> None:
    told = facts("interest", INTEREST | {"--from": "2023-10-09"}, status=2)
    assert told["refused"][0]["limit"] == "2023-10-10"


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ("quote", PRODUCTION | {"--principal": "-1"}, "không được âm"),
        ("quote", PRODUCTION | {"--principal": "0"}, "lớn hơn 0"),
        ("quote", PRODUCTION | {"--principal": "1.5"}, "đồng nguyên"),
        ("quote", PRODUCTION | {"--principal": "1e8"}, "Không hiểu"),
        ("quote", PRODUCTION | {"--principal": "50.000,000"}, "--principal"),
        ("quote", PRODUCTION | {"--principal": "9" * 40}, "--principal"),
        ("quote", PRODUCTION | {"--principal": "1000000000001"}, "1.000.000.000.000"),
        ("quote", PRODUCTION | {"--months": "0"}, "--months"),
        ("quote", PRODUCTION | {"--months": "-3"}, "--months"),
        ("quote", PRODUCTION | {"--months": "1.5"}, "--months"),
        ("quote", PRODUCTION | {"--months": "99999999"}, "--months"),
        ("quote", PRODUCTION | {"--from": "2026-02-30"}, "--from"),
        ("quote", PRODUCTION | {"--from": "9999-12-31"}, "2100"),
        ("quote", PRODUCTION | {"--purpose": "trade"}, "--purpose"),
        ("quote", PRODUCTION | {"--principal": None}, "cần --principal"),
        ("quote", PRODUCTION | {"--months": None}, "cần --months"),
        ("quote", PRODUCTION | {"--monthly": "4000000"}, "không dùng --monthly"),
        ("quote", PRODUCTION | {"--tranches": "2"}, "không dùng --tranches"),
        ("quote", PRODUCTION | {"--workers": "2"}, "không dùng --workers"),
        ("quote", PRODUCTION | {"--transaction-day": "29"}, "--transaction-day"),
        ("quote", TRAINING | {"--months-of-study": None}, "cần --months-of-study"),
        ("quote", TRAINING | {"--principal": "36000000"}, "không dùng --principal"),
        ("quote", TRAINING | {"--tranches": "10"}, "nhiều nhất 9"),
        ("quote", TRAINING | {"--months": "8"}, "trước khi học xong 9"),
        ("quote", ESTABLISHMENT | {"--released": None}, "cần --released"),
        ("quote", ESTABLISHMENT | {"--released": "21"}, "nhiều hơn --workers 20"),
        ("interest", INTEREST | {"--to": "2025-12-31"}, "31/12/2025 trước --from 01/01/2026"),
        ("interest", INTEREST | {"--principal": "-5"}, "không được âm"),
        ("interest", INTEREST | {"--to": "hôm nay"}, "--to"),
        ("interest", INTEREST | {"--principal": None}, "--principal"),
    ],
)
def test_bad_input_is_said_to_be_so_and_prints_no_facts(command: str, options: Options, said: str) -> None:
    result = bank(command, options, "--json")
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_facts_are_written_where_one_wants(tmp_path: Path) -> None:
    result = bank("interest", INTEREST, "--json", str(tmp_path / "owed.json"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads((tmp_path / "owed.json").read_text("utf-8"))["interest"] == 542_466


def test_a_person_reads_a_table_with_the_last_day_in_time() -> None:
    shown = bank("quote", PRODUCTION | {"--months": "24"}).stdout
    saturday = next(line for line in shown.splitlines() if "15/08/2026" in line)
    assert "17/08/2026" in saturday
    assert "Thông tư 14/2017" in shown
    assert "30 ngày: 542.466 đồng" in bank("interest", INTEREST).stdout


def test_no_agency_is_loaded_to_print_the_help(tmp_path: Path) -> None:
    asked = (
        "import sys; from click.testing import CliRunner; from shared.cli.main import cli\n"
        "assert 'bank' in CliRunner().invoke(cli, ['--help']).output\n"
        "assert not [name for name in sys.modules if name.startswith('services')]\n"
        "assert 'quote' in CliRunner().invoke(cli, ['bank', '--help']).output\n"
    )
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", asked], cwd=root, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
