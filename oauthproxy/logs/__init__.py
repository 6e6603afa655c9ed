"""
Log lines: what they look like, and where they go.
"""

from oauthproxy.logs.log import Logs
from oauthproxy.logs.record import RequestRecord

__all__ = ["Logs", "RequestRecord"]
