"""The documents say what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel

from queueapp.cli import cli
from queueapp.config.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")]


def settings_of(model: type[BaseModel]) -> dict[str, list[str]]:
    sections = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            sections[name] = list(field.annotation.model_fields)
    return sections


def test_every_setting_is_documented_and_nothing_else_is():
    text = (REPOSITORY / "docs" / "configure.md").read_text(encoding="utf-8")
    documented = {}
    for part in text.split("### [")[1:]:
        name, _, rest = part.partition("]")
        documented[name] = re.findall(r"^\| `(\w+)` \|", rest.partition("\n## ")[0], re.MULTILINE)
    assert documented == settings_of(Settings)


def test_every_command_that_a_document_names_exists():
    inside_code = set()
    for document in DOCUMENTS:
        inside_code |= set(re.findall(r"`queueapp ([a-z]+)", document.read_text("utf-8")))
    assert inside_code <= set(cli.commands)
    assert inside_code >= {"up", "scan", "doctor", "prune"}


def test_every_link_between_documents_leads_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_readme_is_short_enough_to_be_read():
    assert len((REPOSITORY / "README.md").read_text("utf-8").splitlines()) <= 150


def test_every_command_explains_itself():
    for name, command in cli.commands.items():
        assert command.help, name
        for sub, subcommand in getattr(command, "commands", {}).items():
            assert subcommand.help, f"{name} {sub}"
