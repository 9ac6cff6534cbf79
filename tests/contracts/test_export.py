"""docs/contracts says what the program says."""

import json
import os
import subprocess
import sys
from pathlib import Path

from shared.agreement.parties import Agency
from shared.contracts.export import export, rendered
from shared.contracts.registry import REGISTRY
from tests.contracts.language import FOLDER, ROOT

BY_HAND = {"adding-an-event.md"}
COMMAND = "run: phoihop contracts export (and remove what it no longer writes)"


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_files_in_docs_are_those_of_a_fresh_export() -> None:
    there = {name: text for name, text in files(FOLDER).items() if name not in BY_HAND}
    fresh = rendered()
    assert sorted(there) == sorted(fresh), COMMAND
    for name, text in fresh.items():
        assert there[name] == text, f"{name} is out of date; {COMMAND}"


def test_export_writes_every_file_and_says_which(tmp_path: Path) -> None:
    written = export(tmp_path / "contracts")
    assert [path.relative_to(tmp_path / "contracts").as_posix() for path in written] == sorted(rendered())
    assert files(tmp_path / "contracts") == rendered()


def test_two_exports_are_equal_to_the_byte(tmp_path: Path) -> None:
    """In a new process with another hash seed, since sets and hashes are what usually differs."""
    program = (
        "import sys; from pathlib import Path; from shared.contracts.export import export; "
        "export(Path(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        timeout=60,
    )
    assert files(tmp_path) == rendered()


def test_json_files_are_sorted_and_end_in_a_line_break() -> None:
    for name, text in rendered().items():
        assert text.endswith("\n") and not text.endswith("\n\n"), name
        if name.endswith(".json"):
            assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def test_the_overview_names_every_event_with_what_it_says_and_each_recipients_fields() -> None:
    lines = rendered()["README.md"].splitlines()
    for contract in REGISTRY.by_type.values():
        for to in contract.to:
            fields = " ".join(f"`{field}`" for field in to.fields)
            assert any(
                line.startswith(f"| {contract.name} v{contract.version} | {contract.summary} | ")
                and f"[{to.agency}](" in line
                and line.endswith(f"| {fields} |")
                for line in lines
            ), (contract.type, to)


def test_links_of_the_overview_lead_somewhere() -> None:
    text = rendered()["README.md"]
    links = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert len(links) > len(REGISTRY) and set(links) <= rendered().keys() | BY_HAND
    assert {f"{agency}.asyncapi.json" for agency in Agency} <= set(links)
