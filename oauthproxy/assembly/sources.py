"""
Files, secrets and streams, as the other rooms are given them.
"""

import os
import threading
from collections.abc import Callable

from oauthproxy.errors import SettingsError
from oauthproxy.logs.log import Logs
from oauthproxy.logs.sinks import descriptor_sink, open_file
from oauthproxy.logs.writer import Sink
from oauthproxy.ports import Clock
from oauthproxy.settings.files import read_file
from oauthproxy.settings.model import SecretSource, Settings

STANDARD_OUTPUT, STANDARD_ERROR = 1, 2
"""By number: twistd puts logs of its own in the place of Python's streams."""


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


def program_logs(settings: Settings, clock: Clock) -> Logs:
    """
    Return logs that write to standard output, or the configured file, and to standard
    error. Raises SettingsError when the file cannot be written.
    """
    options, prefix = settings.logging, settings.proxy.proxy_prefix
    out: Sink = descriptor_sink(STANDARD_OUTPUT)
    close = None
    if options.logging_filename:
        file = open_file(options, clock, _beside)
        out, close = file, file.close
    return Logs(
        options,
        clock,
        out=out,
        err=descriptor_sink(STANDARD_ERROR),
        form=settings.ours.logging_format,
        prefix=prefix,
        redact=not settings.ours.insecure_log_tokens,
        close=close,
    )


def _beside(work: Callable[[], None]) -> None:
    """
    Do slow work on files where it disturbs nobody.
    """
    threading.Thread(target=work, name="log files", daemon=True).start()
