"""
The Grafana dashboard in contrib/.
"""

import json
import re
from pathlib import Path

import pytest

from oauthproxy.metrics import Exposition, Metrics

DASHBOARD = Path(__file__).parents[3] / "contrib" / "grafana-dashboard.json"


@pytest.fixture(scope="module")
def dashboard():
    return json.loads(DASHBOARD.read_text())


@pytest.fixture(scope="module")
def exposed():
    """
    The names of all metrics.
    """
    metrics = Metrics(now=lambda: 0)
    metrics.observe("GET", 200, 0.1)
    body, _ = Exposition(metrics).exposition()
    return set(re.findall(r"^# TYPE (\S+) ", body.decode(), re.MULTILINE))


def mentioned(dashboard):
    text = json.dumps(dashboard)
    names = re.findall(r"\b((?:oauth2_proxy|oauthproxy|process)_\w+)\b", text)
    return {re.sub(r"_bucket$", "", name) for name in names}


def test_every_metric_on_the_dashboard_exists(dashboard, exposed):
    """No panel asks for a metric that nobody exposes."""
    assert mentioned(dashboard) - exposed == set()


def test_every_metric_of_ours_is_on_the_dashboard(dashboard, exposed):
    """Whatever we count is shown."""
    ours = {
        name for name in exposed if name.startswith(("oauth2_proxy_", "oauthproxy_"))
    }

    assert ours - mentioned(dashboard) == set()


def test_panels_do_not_overlap(dashboard):
    """Each cell of the grid belongs to one panel."""
    cells = [
        (x, y)
        for panel in dashboard["panels"]
        for x in range(
            panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"]
        )
        for y in range(
            panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"]
        )
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23
