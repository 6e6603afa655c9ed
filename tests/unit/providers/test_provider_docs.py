"""
The pages on providers: one for each type, with examples that work and tests that exist.
"""

import re
from itertools import takewhile
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from attrs import fields

from oauthproxy.providers.table import PROVIDERS
from oauthproxy.settings.groups.provider_types import ProviderTypeOptions
from oauthproxy.settings.load import load
from tests.integration import test_providers

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "providers"
INDEX = (PAGES / "index.rst").read_text(encoding="utf-8")
COLUMNS = (
    "test_login",
    "test_groups",
    "test_refresh",
    "test_validate",
    "test_refused_user",
    "test_paging",
)
CELLS = re.findall(r"``(?:(test_\w+\.py)::)?(test_\w+)(?:\[([^\]]+)\])?``", INDEX)
COMMON = """
redirect_url = "https://app.example.com/oauth2/callback"
cookie_secret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
upstreams = ["http://127.0.0.1:8080/"]
"""


def examples() -> list[Any]:
    found = []
    for path in sorted(PAGES.glob("*.rst")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for start, line in enumerate(lines, 1):
            if line == ".. code-block:: toml" and path.name != "index.rst":
                block = takewhile(
                    lambda text: not text.strip() or text[0] == " ", lines[start:]
                )
                text = dedent("\n".join(block))
                found.append(pytest.param(text, id=f"{path.name}:{start}"))
    return found


def kinds_of(name: str) -> list[str]:
    """
    Return the providers that a test is run with.
    """
    (mark,) = getattr(test_providers, name).pytestmark
    return list(mark.args[1])


def test_every_type_has_a_page_and_a_row() -> None:
    """
    Nobody has to guess.
    """
    for kind in PROVIDERS:
        assert (PAGES / f"{kind}.rst").exists(), kind
        assert f":doc:`{kind} <{kind}>`" in INDEX


@pytest.mark.parametrize("name", [each.name for each in fields(ProviderTypeOptions)])
def test_every_option_of_a_type_is_explained(name: str) -> None:
    """
    Below the headline Options of a page stands what it does.
    """
    texts = [path.read_text("utf-8") for path in PAGES.glob("*.rst")]
    options = [text.partition("\nOptions\n-------\n")[2] for text in texts]

    term = re.compile(rf"^(``\w+``, )*``{name}``", re.MULTILINE)
    assert any(term.search(text) for text in options)


@pytest.mark.parametrize("text", examples())
def test_an_example_is_a_whole_configuration(text: str) -> None:
    """
    With the common lines it is accepted, and it is for a type that exists.
    """
    domains = "" if "email_domains" in text else 'email_domains = ["*"]\n'
    files = {"f": (text + domains + COMMON).encode()}

    def read_file(path: str) -> bytes:
        return files.get(path, b"content")

    environment = {"AZURE_FEDERATED_TOKEN_FILE": "token"}
    settings = load(["--config=f"], environment, read_file)

    assert settings.providers[0].type in PROVIDERS


@pytest.mark.parametrize(("file", "name"), [cell[:2] for cell in CELLS if cell[0]])
def test_a_cell_names_a_test_of_a_file(file: str, name: str) -> None:
    """
    The table does not promise what nobody checks.
    """
    assert f"def {name}(" in (Path(__file__).parent / file).read_text("utf-8")


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_has_the_cases_of_its_test(name: str) -> None:
    """
    The table has a cell for each provider that a test is run with, and for no other.
    """
    told = [kind for file, test, kind in CELLS if not file and test == name and kind]

    assert sorted(told) == sorted(kinds_of(name))


def test_the_rows_stand_in_their_columns() -> None:
    """
    Each row has six cells, each with the test of its column or the word none.
    """
    rows = re.split(r"\n   \* - :doc:", INDEX)[1:]

    for row in rows:
        cells = re.findall(r"^     - (.+(?:\n       .+)*)", row, re.MULTILINE)
        assert len(cells) == len(COLUMNS), row
        for name, cell in zip(COLUMNS, cells, strict=True):
            assert f"``{name}[" in cell or cell.startswith("none"), row
