"""
Settings in, wired objects out: the only room that knows everybody.

`inside` makes what decides, `outside` what moves bytes around it, `house` is the
whole.
"""

from oauthproxy.assembly.house import House
from oauthproxy.assembly.lasting import Lasting
from oauthproxy.assembly.outside import assemble
from oauthproxy.assembly.sources import program_logs, read_file

__all__ = ["House", "Lasting", "assemble", "program_logs", "read_file"]
