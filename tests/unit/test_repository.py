"""Promises of the repository itself: what no committed file may say, and what the guarantees rest on."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUARANTEES = ROOT / "docs" / "guarantees.md"
CHECKED = "`make check`"
"""What is no test but a check that `make test` runs as well."""
TEST_NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
"""A test, or a file whose tests all show it."""
RULED = re.compile(r"\|[\s|:-]+\|")
"""The line between a table's heading and its rows."""

# Put together here, so that this file does not say them either.
INDEXES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs"),
        ("repo1", "maven"),
        ("rubygems", "org"),
        ("proxy", "golang"),
        ("crates", "io"),
    )
]
MACHINE = [
    "/".join(("", *parts)) for parts in (("work", "main"), ("work", "shared"), ("root", ""), ("home", ""))
]
OF_A_SYSTEM_USER = "/" + "home/phoihop/"
"""Where an operations guide may put a service's folder on any machine."""


@cache
def committed() -> list[tuple[Path, str]]:
    """Every committed file that is text, with its content."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    found = []
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        if path.is_file():
            content = path.read_bytes()
            if b"\0" not in content[:8192]:
                found.append((path, content.decode("utf-8")))
    return found


@pytest.mark.parametrize("host", INDEXES)
def test_no_committed_file_names_a_package_index(host: str) -> None:
    assert [str(path) for path, content in committed() if host in content] == []


@pytest.mark.parametrize("folder", MACHINE)
def test_no_committed_file_names_a_folder_of_one_machine(folder: str) -> None:
    """As an absolute path: a relative one, or the part of an address, has something before it."""
    absolute = re.compile(rf"(?<![\w.:/}}-]){re.escape(folder)}")
    found = [
        f"{path.relative_to(ROOT)}: {content[match.start() : match.start() + 60]!r}"
        for path, content in committed()
        for match in absolute.finditer(content)
        if not content.startswith(OF_A_SYSTEM_USER, match.start())
    ]
    assert found == []


def test_committed_text_is_utf_8_and_ends_with_a_line() -> None:
    assert [str(path) for path, content in committed() if content and not content.endswith("\n")] == []


def guarantees() -> list[str]:
    """The rows of the tables of guarantees, without headings."""
    lines = GUARANTEES.read_text(encoding="utf-8").splitlines()
    below = [*lines[1:], ""]
    return [
        line
        for line, following in zip(lines, below, strict=True)
        if line.startswith("|") and not RULED.fullmatch(line) and not RULED.fullmatch(following)
    ]


def test_every_guarantee_names_a_test_that_exists() -> None:
    rows = guarantees()
    assert rows
    for row in rows:
        named = TEST_NAMED.findall(row)
        assert named or CHECKED in row, f"no test is named in: {row}"
        for file, test in named:
            assert (ROOT / file).exists(), row
            assert not test or test in functions_in(ROOT / file), f"{file}::{test} of: {row}"


def functions_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
