"""
Settings of Sphinx.
"""

from pathlib import Path

from docutils import nodes
from prometheus_client.core import Metric
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

import oauthproxy
from oauthproxy.metrics import Metrics
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


class MetricsTable(SphinxDirective):
    """
    Show every metric whose name begins as said, as a scrape would tell it.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        metrics = Metrics(now=lambda: 0)
        metrics.observe("GET", 200, 0.1)
        labels = {
            series.name: series.labels
            for group in _groups(metrics)
            for series in vars(group).values()
        }
        lines = [".. list-table::", "   :header-rows: 1", "   :widths: 44 12 44", ""]
        lines += ["   * - Metric", "     - Type", "     - Meaning"]
        for metric in metrics.collect():
            if metric.name.startswith(self.arguments[0]):
                lines += _row(metric, labels.get(metric.name, ()))
        self.state_machine.insert_input([*lines, ""], "metrics")
        return []


def _groups(metrics: Metrics) -> list[object]:
    """
    Return the groups of series that have labels.
    """
    return [
        metrics.login,
        metrics.session,
        metrics.provider,
        metrics.upstream,
        metrics.connection,
        metrics.program,
    ]


def _row(metric: Metric, labels: tuple[str, ...]) -> list[str]:
    name = metric.name + ("_total" if metric.type == "counter" else "")
    labels = labels or tuple(
        sorted({key for sample in metric.samples for key in sample.labels} - {"le"})
    )
    word = "label" if len(labels) == 1 else "labels"
    told = f"; {word} {', '.join(f'``{one}``' for one in labels)}" if labels else ""
    return [
        f"   * - ``{name}``",
        f"     - {metric.type}",
        f"     - {metric.documentation.rstrip('.')}{told}.",
    ]


def setup(app: Sphinx) -> None:
    """
    Add what these pages need to Sphinx; stop when generated pages are outdated.
    """
    different = drifted(Path(__file__).parent.parent)
    if different:
        made_by = "python -m oauthproxy.settings.reference ."
        raise ExtensionError(f"outdated, run {made_by}: {', '.join(different)}")
    app.add_directive("fragments", Fragments)
    app.add_directive("metrics", MetricsTable)
