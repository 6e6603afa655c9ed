"""
Settings in, wired objects out: the only room that knows everybody.

`foundation` and `inside` make what decides, `outside` and `applications` what moves
bytes around it, `metering` and `gathering` what counts, `house` is the
whole.
"""

from oauthproxy.assembly.house import House
from oauthproxy.assembly.lasting import Lasting
from oauthproxy.assembly.outside import assemble
from oauthproxy.assembly.sources import program_logs

__all__ = ["House", "Lasting", "assemble", "program_logs"]
