"""
Answer a scrape: Prometheus text format 0.0.4, compressed when asked.
"""

import gzip
from collections.abc import Collection, Iterator
from typing import Protocol

from attrs import define
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
GZIP_LEVEL = 5

Pairs = tuple[tuple[str, str], ...]


class Source(Protocol):
    """
    Yield metrics.
    """

    def collect(self) -> Iterator[Metric]:
        """
        Yield them.
        """


class Exposition:
    """
    Write out a source and what is known about the process.
    """

    def __init__(self, source: Source) -> None:
        self._registry = CollectorRegistry()
        self._scrapes = _Scrapes()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._registry.register(_Described(source))
        self._registry.register(_Described(self._scrapes))

    def exposition(
        self, accept_encoding: str = "", names: Collection[str] = ()
    ) -> tuple[bytes, Pairs]:
        """
        Return body and fields of the answer to a scrape; `names`, when there are
        any, are the only metrics wanted (parameter `name[]`).
        """
        self._scrapes.in_flight += 1
        try:
            body = generate_latest(_Chosen(self._registry, names))
        except Exception:
            self._scrapes.done[500] += 1
            raise
        finally:
            self._scrapes.in_flight -= 1
        self._scrapes.done[200] += 1
        fields: Pairs = (("Content-Type", CONTENT_TYPE),)
        if not _takes_gzip(accept_encoding):
            return body, fields
        return (
            gzip.compress(body, GZIP_LEVEL, mtime=0),
            (*fields, ("Content-Encoding", "gzip")),
        )


class _Scrapes:
    """
    Scrapes of the metrics themselves, as the reference counts them.
    """

    def __init__(self) -> None:
        self.done = {200: 0, 500: 0, 503: 0}
        self.in_flight = 0

    def collect(self) -> Iterator[Metric]:
        """
        Yield the two series.
        """
        yield GaugeMetricFamily(
            "promhttp_metric_handler_requests_in_flight",
            "Current number of scrapes being served.",
            value=self.in_flight,
        )
        family = CounterMetricFamily(
            "promhttp_metric_handler_requests",
            "Total number of scrapes by HTTP status code.",
            labels=["code"],
        )
        for code, count in self.done.items():
            family.add_metric([str(code)], count)
        yield family


@define(eq=False)
class _Described(Collector):
    """
    A source as a collector; nothing is promised about its names.
    """

    source: Source

    def collect(self) -> Iterator[Metric]:
        return self.source.collect()


@define(eq=False)
class _Chosen(Collector):
    """
    The metrics of a registry that are wanted.
    """

    registry: CollectorRegistry
    names: Collection[str]

    def collect(self) -> Iterator[Metric]:
        for metric in self.registry.collect():
            if not self.names or _exposed_name(metric) in self.names:
                yield metric


def _exposed_name(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def _takes_gzip(accept_encoding: str) -> bool:
    """
    Tell whether gzip is acceptable (RFC 9110, 12.5.3).
    """
    for part in accept_encoding.lower().split(","):
        coding, _, quality = part.partition(";")
        if coding.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
