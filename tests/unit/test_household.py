"""
The household of the repository: what is shipped, and what must not be.
"""

import re
from configparser import ConfigParser
from pathlib import Path

from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins

ROOT = Path(__file__).parents[2]
TARGETS = ("demo", "test", "unit", "lint", "docs", "bench", "clean")


def test_twistd_knows_the_program():
    """`twistd oauthproxy` is a command: the plugin names the service module."""
    makers = {maker.tapname: maker.module for maker in getPlugins(IServiceMaker)}

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
