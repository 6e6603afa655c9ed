"""
Settings in, wired objects out: the only room that knows everybody.

`inside` makes what decides, `outside` what moves bytes around it, `house` is the
whole.
"""

from oauthproxy.assembly.house import House
from oauthproxy.assembly.outside import assemble
from oauthproxy.assembly.sources import console_logs, read_file

__all__ = ["House", "assemble", "console_logs", "read_file"]
