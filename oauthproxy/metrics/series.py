"""
Numbers that are cheap to count and are written out only when somebody looks.

Rule 1: adding is one dictionary operation; no lock, because one thread counts.
Rule 2: label sets are bounded: beyond `LIMIT` of them, counts go to a set in which
every label is `other`. A client can never make a series.
"""

from bisect import bisect_left
from collections.abc import Iterator

from attrs import define, field
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

LIMIT = 200
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

Labels = tuple[str, ...]


def _bounded(labels: Labels, known: object) -> Labels:
    crowded = isinstance(known, dict) and len(known) >= LIMIT and labels not in known
    return ("other",) * len(labels) if crowded else labels


@define(eq=False)
class Counter:
    """
    Something that only grows. `name` has no `_total`.
    """

    name: str
    help: str
    labels: Labels = ()
    values: dict[Labels, float] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        if not self.labels:
            self.values[()] = 0

    def add(self, *labels: str, by: float = 1) -> None:
        """
        Count once, or `by` so much.
        """
        values = self.values
        if labels not in values:
            labels = _bounded(labels, values)
        values[labels] = values.get(labels, 0) + by

    def collect(self) -> Iterator[Metric]:
        """
        Yield what Prometheus shall see.
        """
        family = CounterMetricFamily(self.name, self.help, labels=self.labels)
        for labels, value in self.values.items():
            family.add_metric(labels, value)
        yield family


@define(eq=False)
class Gauge:
    """
    Something that goes up and down.
    """

    name: str
    help: str
    labels: Labels = ()
    values: dict[Labels, float] = field(factory=dict, init=False)

    def add(self, *labels: str, by: float = 1) -> None:
        """
        Change by so much.
        """
        values = self.values
        if labels not in values:
            labels = _bounded(labels, values)
        values[labels] = values.get(labels, 0) + by

    def set(self, value: float, *labels: str) -> None:
        """
        Be this now.
        """
        self.values[_bounded(labels, self.values)] = value

    def collect(self) -> Iterator[Metric]:
        """
        Yield what Prometheus shall see.
        """
        family = GaugeMetricFamily(self.name, self.help, labels=self.labels)
        for labels, value in self.values.items():
            family.add_metric(labels, value)
        yield family


@define(eq=False)
class Distribution:
    """
    How often something was how long: counts by bucket, and their sum.
    """

    buckets: tuple[float, ...]
    counts: list[int] = field(init=False)
    sum: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self.counts = [0] * (len(self.buckets) + 1)

    def add(self, value: float) -> None:
        """
        Take one more.
        """
        self.counts[bisect_left(self.buckets, value)] += 1
        self.sum += value

    def cumulative(self) -> list[tuple[str, float]]:
        """
        Return (upper bound, how many were not above it).
        """
        total, found = 0, []
        bounds = [*map(str, self.buckets), "+Inf"]
        for bound, count in zip(bounds, self.counts, strict=True):
            total += count
            found.append((bound.removesuffix(".0"), float(total)))
        return found


@define(eq=False)
class Histogram:
    """
    Durations in seconds, by label.
    """

    name: str
    help: str
    labels: Labels = ()
    buckets: tuple[float, ...] = BUCKETS
    values: dict[Labels, Distribution] = field(factory=dict, init=False)

    def at(self, *labels: str) -> Distribution:
        """
        Return the distribution of these labels.
        """
        known = self.values.get(labels)
        if known is not None:
            return known
        labels = _bounded(labels, self.values)
        return self.values.setdefault(labels, Distribution(self.buckets))

    def collect(self) -> Iterator[Metric]:
        """
        Yield what Prometheus shall see.
        """
        family = HistogramMetricFamily(self.name, self.help, labels=self.labels)
        for labels, distribution in self.values.items():
            family.add_metric(labels, distribution.cumulative(), distribution.sum)
        yield family


Series = Counter | Gauge | Histogram
