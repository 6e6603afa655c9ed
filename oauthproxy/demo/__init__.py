"""
What `oauthproxy demo` shows: the proxy between a small identity provider and a sample
application, on this machine only.
"""

from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """
    Run the demo until it is interrupted; return the exit status.
    """
    from oauthproxy.demo.command import run as run_command

    return run_command(arguments)
