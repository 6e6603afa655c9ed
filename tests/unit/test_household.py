"""
The household of the repository: what is shipped, and what must not be.
"""

import pkgutil
import re
from configparser import ConfigParser
from itertools import takewhile
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins

from oauthproxy.settings.configfile import read_config_file

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.rst", "docs/*.rst", "docs/*/*.rst")
TARGETS = ("demo", "test", "unit", "lint", "docs", "bench", "clean")


def test_twistd_knows_the_program():
    """`twistd oauthproxy` is a command: the plugin names the service module."""
    plugins: list[Any] = list(getPlugins(IServiceMaker))
    makers = {maker.tapname: maker.module for maker in plugins}

    assert makers["oauthproxy"] == "oauthproxy.service"


def test_plugin_folder_is_no_package():
    """An `__init__` in the plugin folder would hide Twisted's own plugins."""
    assert not list((ROOT / "twisted").rglob("__init__.py"))


def test_wheel_carries_the_plugin():
    """Only a namespace search finds the plugin's folder, which is no package."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")

    assert config["options"]["packages"] == "find_namespace:"
    included = config["options.packages.find"]["include"].split()
    assert included == ["oauthproxy", "oauthproxy.*", "twisted.plugins"]


def test_make_explains_every_target():
    """`make` alone lists what there is to make."""
    makefile = (ROOT / "Makefile").read_text()

    explained = re.findall(r"(?m)^([a-z]+):.*## ", makefile)
    assert set(TARGETS) <= set(explained)


def test_ci_runs_what_people_run():
    """The same command checks a change here and there."""
    script = (ROOT / ".ci" / "run").read_text()

    assert "set -euo pipefail" in script
    assert script.rstrip().endswith("make test")


def test_architecture_names_every_room():
    """Each folder of the program stands on the page that explains the house."""
    page = (ROOT / "docs" / "architecture.rst").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / "oauthproxy").glob("*/__init__.py")}

    assert {room for room in rooms if f"``{room}``" not in page} == set()


def test_architecture_names_what_exists():
    """A module or class that the page points at is there."""
    page = (ROOT / "docs" / "architecture.rst").read_text(encoding="utf-8")
    named = re.findall(r"(?:``|  )([a-z_]+(?:\.[a-zA-Z_]+)+)(?:``|\n)", page)

    assert len(named) > 30
    assert [name for name in named if not _exists(name)] == []


def _exists(name):
    try:
        pkgutil.resolve_name(f"oauthproxy.{name}")
    except (ImportError, AttributeError):
        return False
    return True


def toml_blocks():
    """Return every TOML example of the documents, by where it stands."""
    for path in (path for pattern in DOCUMENTS for path in ROOT.glob(pattern)):
        lines = path.read_text(encoding="utf-8").splitlines()
        for start, line in enumerate(lines, 1):
            if line == ".. code-block:: toml":
                block = takewhile(
                    lambda text: not text.strip() or text[0] == " ", lines[start:]
                )
                yield pytest.param(dedent("\n".join(block)), id=f"{path.name}:{start}")


@pytest.mark.parametrize("block", list(toml_blocks()))
def test_examples_of_the_documents_are_valid(block):
    """Whoever copies an example gets no complaint about an option or its value."""
    reading = read_config_file("example", block.encode())

    assert reading.problems == ()
