"""
What the program counts, and how Prometheus reads it.
"""

from oauthproxy.metrics.catalogue import Metrics, ProgramSeries
from oauthproxy.metrics.exposition import Exposition

__all__ = ["Exposition", "Metrics", "ProgramSeries"]
