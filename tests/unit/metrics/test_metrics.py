"""
Counting, and answering a scrape.
"""

import gzip

import pytest
from prometheus_client.parser import text_string_to_metric_families

from oauthproxy import __version__
from oauthproxy.metrics import Exposition, Metrics
from oauthproxy.metrics.seen import Seen
from oauthproxy.metrics.series import LIMIT, Counter, Gauge, Histogram
from oauthproxy.settings.kinds import SECOND


@pytest.fixture
def metrics():
    return Metrics(now=lambda: 0)


def scraped(metrics, **arguments):
    """
    Return {(sample, labels): value} of a scrape.
    """
    body, _ = Exposition(metrics).exposition(**arguments)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_requests_are_counted_by_status(metrics):
    """The counter of the reference has its name and label."""
    metrics.observe("GET", 200, 0.1)
    metrics.observe("POST", 200, 0.1)
    metrics.observe("GET", 404, 0.1)

    samples = scraped(metrics)

    assert samples["oauth2_proxy_requests_total", (("code", "200"),)] == 2
    assert samples["oauth2_proxy_requests_total", (("code", "404"),)] == 1


def test_durations_fall_into_buckets(metrics):
    """A duration counts in every bucket that it does not exceed."""
    metrics.observe("GET", 200, 0.05)
    metrics.observe("GET", 200, 3.0)

    samples = scraped(metrics)

    name = "oauth2_proxy_response_duration_seconds"
    buckets = {
        dict(labels)["le"]: value
        for (sample, labels), value in samples.items()
        if sample == f"{name}_bucket"
    }
    assert buckets == {
        "0.005": 0,
        "0.01": 0,
        "0.025": 0,
        "0.05": 1,
        "0.1": 1,
        "0.25": 1,
        "0.5": 1,
        "1": 1,
        "2.5": 1,
        "5": 2,
        "10": 2,
        "+Inf": 2,
    }
    assert samples[f"{name}_sum", (("method", "get"),)] == pytest.approx(3.05)
    assert samples[f"{name}_count", (("method", "get"),)] == 2


def test_unknown_methods_share_a_label(metrics):
    """No client can make a series by inventing methods."""
    for at in range(1000):
        metrics.observe(f"M{at}", 200, 0.1)

    samples = scraped(metrics)

    name = "oauth2_proxy_response_duration_seconds_count"
    assert [labels for sample, labels in samples if sample == name] == [
        (("method", "unknown"),)
    ]


def test_requests_in_flight(metrics):
    """Requests that began and did not end are in flight."""
    metrics.requests.in_flight += 2

    assert scraped(metrics)["oauth2_proxy_requests_in_flight", ()] == 2


def test_the_three_appear_with_the_first_request(metrics):
    """Before the first request the reference's series are absent."""
    assert not [name for name, _ in scraped(metrics) if name.startswith("oauth2_")]


def test_scrapes_are_counted(metrics):
    """Scrapes count themselves, from zero for the known results."""
    exposition = Exposition(metrics)

    exposition.exposition()
    body, _ = exposition.exposition()

    text = body.decode()
    assert 'promhttp_metric_handler_requests_total{code="200"} 1.0' in text
    assert 'promhttp_metric_handler_requests_total{code="503"} 0.0' in text
    assert "promhttp_metric_handler_requests_in_flight 1.0" in text


def test_a_scrape_is_compressed_on_request(metrics):
    """gzip is used when it is accepted."""
    body, fields = Exposition(metrics).exposition("deflate, gzip;q=0.5")

    assert ("Content-Encoding", "gzip") in fields
    assert b"process_cpu_seconds_total" in gzip.decompress(body)


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0"])
def test_a_scrape_is_plain_otherwise(metrics, accepted):
    """Without a wish for gzip the body is plain text, format 0.0.4."""
    body, fields = Exposition(metrics).exposition(accepted)

    assert fields == (("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),)
    assert body.startswith(b"# HELP ")


def test_a_scrape_can_ask_for_names(metrics):
    """`name[]` chooses metrics by the names they are shown by."""
    metrics.observe("GET", 200, 0.1)

    samples = scraped(metrics, names=["oauth2_proxy_requests_total"])

    assert {name for name, _ in samples} == {"oauth2_proxy_requests_total"}


def test_label_sets_are_bounded():
    """Beyond the limit, counts go to `other`."""
    counter = Counter("c", "h", ("x",))
    histogram = Histogram("h", "h", ("x",))

    for at in range(LIMIT + 50):
        counter.add(str(at))
        histogram.at(str(at)).add(1)

    assert len(counter.values) == LIMIT + 1
    assert counter.values["other",] == 50
    assert sum(histogram.values["other",].counts) == 50
    assert len(histogram.values) == LIMIT + 1


def test_gauges_go_up_and_down():
    """A gauge can be changed and set."""
    gauge = Gauge("g", "h", ("x",))

    gauge.add("a")
    gauge.add("a", by=-1)
    gauge.set(7, "b")

    assert gauge.values == {("a",): 0, ("b",): 7}


def test_label_values_cannot_break_the_format(metrics):
    """Quotes and newlines in a label are escaped."""
    metrics.login.logins.add('a"b\nc', "failed")

    samples = scraped(metrics)

    labels = (("provider", 'a"b\nc'), ("result", "failed"))
    assert samples["oauthproxy_logins_total", labels] == 1


def test_seen_counts_different_keys():
    """A session that asks twice is one session."""
    seen = Seen(window=60 * SECOND)
    seen.count(0)

    seen.note(1)
    seen.note(1)
    seen.note(2)

    assert seen.count(59 * SECOND) == 2


def test_seen_forgets_after_two_windows():
    """A key is forgotten when it was not seen for two windows."""
    seen = Seen(window=60 * SECOND)
    seen.count(0)
    seen.note(1)

    kept = seen.count(60 * SECOND)
    gone = seen.count(180 * SECOND)

    assert (kept, gone) == (1, 0)


def test_seen_is_bounded():
    """A flood of sessions does not take memory without end."""
    seen = Seen(most=10)

    for key in range(100):
        seen.note(key)

    assert seen.count(0) == 10


def test_gauges_are_set_before_a_scrape(metrics):
    """Whoever knows a number at the moment of the scrape is asked then."""
    metrics.before_scrape.append(lambda: metrics.program.lost_lines.set(3))

    assert scraped(metrics)["oauthproxy_log_lines_lost", ()] == 3


def test_the_version_is_a_label(metrics):
    """The build is told by labels."""
    names = {name: dict(labels) for name, labels in scraped(metrics)}

    assert names["oauthproxy_build_info"]["version"] == __version__
