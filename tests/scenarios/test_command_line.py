"""The command line over the played year: what an administrator, an auditor and a newcomer type."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.agreement.parties import Agency
from shared.demo.offices import Offices
from tests.scenarios.conftest import Demo


def phoihop(demo: Demo | None, *arguments: str, status: int = 0) -> str:
    """What the command prints; the test fails unless it ends with `status`."""
    data = ["--data", str(demo.services)] if demo else []
    ended: subprocess.CompletedProcess[str] = subprocess.run(
        [str(Path(sys.executable).with_name("phoihop")), *data, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"COLUMNS": "200", "PYTHONUTF8": "1", "PATH": os.defpath},
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stdout + ended.stderr


def facts(demo: Demo, *arguments: str) -> Any:
    return json.loads(phoihop(demo, *arguments, "--json", "-"))


@pytest.fixture(scope="module")
def refused(offices: Offices) -> str:
    """The case of the man whose five years passed between list and approval."""
    bank = offices.codes(Agency.BANK)[0]
    named = (each for each in offices.items(bank, "/api/cases") if each["name"] == "Bùi Văn Tám")
    return str(next(named)["case_id"])


def test_help_is_vietnamese_and_english_when_asked() -> None:
    assert "Bắt đầu bằng" in phoihop(None, "--help")
    assert "Begin with" in phoihop(None, "--lang", "en", "--help")


def test_status_tells_of_every_channel_and_that_nothing_is_parked(demo: Demo) -> None:
    told = facts(demo, "status")
    assert set(told) == set(Agency)
    for state in told.values():
        assert state["parked"] == 0
        assert all(channel["lag"] == 0 for channel in state["outgoing"])
    assert "ca-hoamau→pgd-songmau" in phoihop(demo, "status")


def test_a_case_is_answered_as_the_bank_knew_it_on_a_day(demo: Demo, refused: str) -> None:
    before = facts(demo, "case", refused, "--agency", "bank", "--as-of", "2025-11-09")
    after = facts(demo, "case", refused, "--agency", "bank", "--as-of", "2025-11-18")
    assert (before["stage"], after["stage"]) == ("with_bank", "refused")
    assert [known["event"] for known in before["knew"]] == ["ListSubmitted", "ListAcknowledged"]
    grounds = json.dumps([decided["facts"] for decided in after["decisions"]], ensure_ascii=False)
    assert "Điều 3 khoản 2 điểm a" in grounds and "2025-11-14" in grounds


def test_the_answer_reads_as_a_decision_with_its_article_and_figures(demo: Demo, refused: str) -> None:
    printed = phoihop(demo, "case", refused, "--agency", "bank", "--as-of", "18/11/2025")
    assert "Từ chối cho vay" in printed
    assert "✗ Điều 3 khoản 2 điểm a" in printed and "2025-11-14" in printed


def test_by_occurrence_an_answer_holds_what_was_learnt_later(demo: Demo, refused: str) -> None:
    """The release occurred years before it was imported."""
    asked = ["case", refused, "--agency", "police", "--as-of", "2025-01-01"]
    by_occurrence = facts(demo, *asked, "--occurred")
    assert [known["event"] for known in by_occurrence["knew"]] == ["PersonReleased"]
    assert "chưa biết" in phoihop(demo, *asked, "--learnt", status=2)


def test_what_is_parked_is_listed_and_nothing_can_be_retried_where_nothing_is(
    demo: Demo, refused: str
) -> None:
    assert facts(demo, "parked", "list") == []
    assert "Không tìm thấy" in phoihop(demo, "parked", "retry", "bank", "pgd-songmau", refused, status=2)
    assert "Không tìm thấy" in phoihop(demo, "parked", "resume", "bank", "ca-hoamau", "pgd-songmau", status=2)


def test_users_are_added_once_listed_and_disabled(demo: Demo) -> None:
    new = [
        "users",
        "add",
        "bank",
        "thu.nghiem",
        "--name",
        "Người Thử",
        "--title",
        "Cán bộ",
        "--office",
        "pgd-songmau",
    ]
    assert "Mật khẩu" in phoihop(demo, *new, "--role", "officer")
    assert phoihop(demo, *new, "--role", "officer", status=2)
    phoihop(demo, "users", "disable", "bank", "thu.nghiem")
    accounts = {account["user"]["username"]: account for account in facts(demo, "users", "list", "bank")}
    assert accounts["thu.nghiem"]["disabled"] is True


def test_a_user_of_an_office_that_is_not_hosted_here_is_refused(demo: Demo) -> None:
    new = ["users", "add", "bank", "la.mat", "--name", "Người Lạ", "--title", "Cán bộ", "--role", "officer"]
    assert "ca-hoamau" in phoihop(demo, *new, "--office", "ca-hoamau", status=2)


def test_a_peers_secret_is_shown_once_and_can_be_taken_back(demo: Demo) -> None:
    assert len(phoihop(demo, "peers", "grant", "bank", "ubnd-khac").strip()) >= 32
    assert "1" in phoihop(demo, "peers", "revoke", "bank", "ubnd-khac")


def test_views_are_rebuilt_while_the_service_runs(demo: Demo, offices: Offices) -> None:
    bank = offices.codes(Agency.BANK)[0]
    before = offices.get(bank, "/api/cases")
    assert "Đã dựng lại" in phoihop(demo, "views", "rebuild", "bank")
    assert offices.get(bank, "/api/cases") == before


def test_contracts_are_exported_where_one_wants(tmp_path: Path) -> None:
    phoihop(None, "contracts", "export", "--to", str(tmp_path))
    assert (tmp_path / "bank.asyncapi.json").exists()


def test_a_folder_without_services_is_said_to_be_one(tmp_path: Path) -> None:
    assert "phoihop demo" in phoihop(None, "--data", str(tmp_path), "status", status=2)
    assert "service.json" in phoihop(None, "--data", str(tmp_path), "run", "bank", status=2)
