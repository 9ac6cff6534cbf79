"""The three pages of every service after the year, as a browser gets them: everybody's own, nobody else's."""

import json
import re

import pytest
import urllib3

from shared.agreement.acting import Role
from shared.agreement.parties import Agency
from shared.demo.offices import Offices
from shared.hosting.config import load_config
from tests.scenarios.conftest import Demo

PAGES = ("/viec-can-lam", "/danh-sach", "/ho-so")


class Browser:
    """Somebody signed in at one office, with a cookie as browsers send it."""

    def __init__(self, demo: Demo, agency: Agency, role: Role, office: str | None = None) -> None:
        sign_ins = json.loads((demo.services / "sign-ins.json").read_bytes())
        own = next(
            s
            for s in sign_ins
            if s["agency"] == agency and s["role"] == role and office in (None, s["office"])
        )
        self.url = f"http://127.0.0.1:{load_config(demo.services / agency).port}"
        self._pool = urllib3.PoolManager(retries=False)
        body = {"username": own["username"], "password": own["password"]}
        token = self._pool.request("POST", f"{self.url}/api/tokens", json=body).json()["token"]
        self._headers = {"Cookie": f"phoihop_{agency}={token}", "Accept": "text/html"}

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

    def get(self, path: str) -> tuple[int, str]:
        answer = self._pool.request("GET", self.url + path, headers=self._headers, redirect=False)
        return answer.status, answer.data.decode()


@pytest.mark.usefixtures("offices")
@pytest.mark.parametrize("agency", Agency)
@pytest.mark.parametrize("role", [Role.OFFICER, Role.LEADER, Role.AUDITOR])
def test_every_reader_sees_duties_lists_and_cases(demo: Demo, agency: Agency, role: Role) -> None:
    with Browser(demo, agency, role) as browser:
        for page in PAGES:
            status, html = browser.get(page)
            assert status == 200, (page, html)
            assert "Ngày mô phỏng" in html
        listed = re.findall(r'href="(/danh-sach/[0-9a-f-]{36})"', browser.get("/danh-sach")[1])
        cases = re.findall(r'href="(/ho-so/[0-9a-f-]{36})"', browser.get("/ho-so")[1])
        assert listed and cases
        for page in [*listed, *cases[:15]]:
            status, html = browser.get(page)
            assert status == 200, (page, html)


@pytest.mark.usefixtures("offices")
@pytest.mark.parametrize("agency", Agency)
def test_an_administrator_sees_duties_but_nobodys_case(demo: Demo, agency: Agency) -> None:
    with Browser(demo, agency, Role.ADMINISTRATOR) as browser:
        status, html = browser.get("/viec-can-lam")
        assert status == 200
        assert "/ho-so/" not in html
        assert browser.get("/ho-so")[0] == browser.get("/danh-sach")[0] == 403


@pytest.mark.usefixtures("offices")
@pytest.mark.parametrize("agency", [Agency.POLICE, Agency.COMMUNE])
def test_an_office_does_not_see_the_lists_and_cases_of_another(demo: Demo, agency: Agency) -> None:
    here, there = load_config(demo.services / agency).offices
    with (
        Browser(demo, agency, Role.OFFICER, here) as ours,
        Browser(demo, agency, Role.OFFICER, there) as theirs,
    ):
        for overview, page in (("/danh-sach", "danh-sach"), ("/ho-so", "ho-so")):
            own, others = (
                set(re.findall(rf'href="(/{page}/[0-9a-f-]{{36}})"', each.get(overview)[1]))
                for each in (ours, theirs)
            )
            assert own and others
            only_theirs = others - own
            assert only_theirs
            assert {ours.get(path)[0] for path in only_theirs} == {404}


@pytest.mark.usefixtures("offices")
@pytest.mark.parametrize("agency", Agency)
def test_form_01_prints_with_both_signatures_and_the_mark(demo: Demo, agency: Agency) -> None:
    with Browser(demo, agency, Role.OFFICER) as browser:
        listed = re.findall(r'href="(/danh-sach/[0-9a-f-]{36})"', browser.get("/danh-sach")[1])
        status, html = browser.get(f"{listed[-1]}/mau-01")
        assert status == 200
        for text in ("Mẫu tạm thời", "Xác nhận của Ủy ban nhân dân", "Trưởng Công an xã"):
            assert text.upper() in html.upper()
        assert re.search(r"[0-9a-f]{64}", html)


def test_the_month_that_the_commune_held_too_long_is_marked_at_all_three(
    demo: Demo, offices: Offices
) -> None:
    late = {
        agency: [
            month["month"]
            for month in offices.get(offices.codes(agency)[0], "/api/months")["items"]
            if month.get("overdue_holder") == "commune"
        ]
        for agency in Agency
    }
    assert late[Agency.POLICE] == late[Agency.COMMUNE] == late[Agency.BANK]
    assert len(late[Agency.BANK]) == 1
    with Browser(demo, Agency.BANK, Role.OFFICER) as browser:
        assert "UBND xã</span>" in browser.get("/danh-sach")[1]
