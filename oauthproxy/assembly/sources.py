"""
Files, secrets and streams, as the other rooms are given them.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from oauthproxy.errors import SettingsError
from oauthproxy.logs.log import Logs
from oauthproxy.ports import Clock
from oauthproxy.settings.model import SecretSource, Settings

ReadFile = Callable[[str], bytes]
"""Return a file's content; raises OSError."""


def read_file(path: str) -> bytes:
    """
    Return a file's content; raises OSError.
    """
    return Path(path).read_bytes()


def read_secret(source: SecretSource) -> str:
    """
    Return a secret from where it is kept; raises SettingsError.
    """
    if source.value is not None:
        return source.value.reveal()
    if source.from_env:
        return os.environ.get(source.from_env, "")
    try:
        return read_file(source.from_file).decode("utf-8", "surrogateescape")
    except OSError as cause:
        raise SettingsError([f"cannot read {source.from_file}: {cause}"]) from cause


def console_logs(settings: Settings, clock: Clock) -> Logs:
    """
    Return logs that write to standard output and standard error.
    """
    return Logs(
        settings.logging,
        clock,
        out=_whole((sys.__stdout__ or sys.stdout).buffer),
        err=_whole((sys.__stderr__ or sys.stderr).buffer),
        form=settings.ours.logging_format,
        prefix=settings.proxy.proxy_prefix,
    )


def _whole(stream: BinaryIO) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        stream.write(data)
        stream.flush()

    return write
