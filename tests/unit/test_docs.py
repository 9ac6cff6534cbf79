"""What the documents claim exists: the files they link to, the folders they name."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("agency", ["police", "commune", "bank"])
def test_the_readme_names_every_folder_of_a_service(agency: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    folders = [
        each.name for each in (ROOT / "services" / agency).iterdir() if (each / "__init__.py").exists()
    ]
    assert [name for name in folders if f"{name}/" not in readme] == []
