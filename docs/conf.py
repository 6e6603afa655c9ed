"""
Settings of Sphinx.
"""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

import oauthproxy
from oauthproxy.settings.reference import drifted

project = "oauthproxy"
author = "the oauthproxy authors"
project_copyright = author
version = release = oauthproxy.__version__

html_theme = "alabaster"
html_theme_options = {
    "description": "Sign-in for any web application",
    "fixed_sidebar": True,
    "page_width": "68rem",
    "sidebar_width": "16rem",
}
html_show_sourcelink = False
html_copy_source = False

man_pages = [("commands", "oauthproxy", "authenticating reverse proxy", [], 8)]

nitpicky = True
exclude_patterns = ["_build", "differences/*"]
extensions: list[str] = []


class Fragments(SphinxDirective):
    """
    Include every file that a pattern names, in the order of their names.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        here = Path(self.env.doc2path(self.env.docname)).parent
        for path in sorted(here.glob(self.arguments[0]), reverse=True):
            self.env.note_dependency(path)
            lines = path.read_text(encoding="utf-8").splitlines()
            self.state_machine.insert_input([*lines, ""], str(path))
        return []


def setup(app: Sphinx) -> None:
    """
    Add what these pages need to Sphinx; stop when generated pages are outdated.
    """
    different = drifted(Path(__file__).parent.parent)
    if different:
        made_by = "python -m oauthproxy.settings.reference ."
        raise ExtensionError(f"outdated, run {made_by}: {', '.join(different)}")
    app.add_directive("fragments", Fragments)
