"""
The three series of the reference: requests by status, in flight, and by duration.
"""

from collections.abc import Iterator

from attrs import define, field
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from oauthproxy.metrics.series import BUCKETS, Distribution

_METHODS = (
    "GET",
    "PUT",
    "HEAD",
    "POST",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "NOTIFY",
    "TRACE",
    "PATCH",
)
_UNKNOWN = "unknown"


@define(eq=False)
class RequestSeries:
    """
    Requests that were answered. `in_flight` is counted by whoever begins and ends
    them; `observe` is on the way of every request.
    """

    in_flight: int = 0
    _codes: dict[int, int] = field(factory=dict, init=False)
    _durations: dict[str, Distribution] = field(factory=dict, init=False)

    def observe(self, method: str, status: int, seconds: float) -> None:
        """
        Count a finished request.
        """
        codes = self._codes
        codes[status] = codes.get(status, 0) + 1
        duration = self._durations.get(method)
        if duration is None:
            duration = self._duration(method)
        duration.add(seconds)

    def _duration(self, method: str) -> Distribution:
        known = method if method in _METHODS else _UNKNOWN
        return self._durations.setdefault(known, Distribution(BUCKETS))

    def collect(self) -> Iterator[Metric]:
        """
        Yield the three, or nothing before the first request.
        """
        if not self._codes and not self.in_flight:
            return
        yield self._requests()
        yield GaugeMetricFamily(
            "oauth2_proxy_requests_in_flight",
            "Requests being answered at the moment.",
            value=self.in_flight,
        )
        yield self._response_durations()

    def _requests(self) -> Metric:
        family = CounterMetricFamily(
            "oauth2_proxy_requests", "Requests answered, by status.", labels=["code"]
        )
        for code, count in sorted(self._codes.items()):
            family.add_metric([str(code)], count)
        return family

    def _response_durations(self) -> Metric:
        family = HistogramMetricFamily(
            "oauth2_proxy_response_duration_seconds",
            "Time from a request's head to the end of its response, by method.",
            labels=["method"],
        )
        for method, duration in sorted(self._durations.items()):
            family.add_metric([method.lower()], duration.cumulative(), duration.sum)
        return family
