"""
The log of the program: what happened, who signed in, what was asked.
"""

import sys
from collections.abc import Callable
from typing import Protocol
from urllib.parse import unquote

from oauthproxy.logs.lines import TextLines
from oauthproxy.logs.record import AuthRecord, RequestRecord
from oauthproxy.logs.redaction import redact_prose, redact_target
from oauthproxy.logs.stamp import Stamp
from oauthproxy.logs.structured import ObjectLines
from oauthproxy.logs.writer import Sink, Writer
from oauthproxy.ports import Clock
from oauthproxy.scope import Scope
from oauthproxy.settings.groups.logging import LoggingOptions
from oauthproxy.wire.forwarded import log_client


class Lines(Protocol):
    """
    Make the lines of the three kinds, each with its newline.
    """

    def standard(self, level: str, file: str, message: str, moment: int) -> str:
        """
        Return the line of an ordinary message.
        """

    def auth(self, record: AuthRecord, moment: int) -> str:
        """
        Return the line of an authentication event.
        """

    def request(self, record: RequestRecord, uri: str) -> str:
        """
        Return the line of a finished request.
        """


class Logs:
    """
    Write the three kinds of lines (`ports.Log`, and `request`).

    Request lines wait for `flush`, or for 64 KiB of them; all others are written at
    once, after the request lines that came before them. `form` is "text" or "json";
    `prefix` is the path below which the program's own endpoints are; `client` tells
    the field Client of a request; `close` gives up the sinks. Raises SettingsError for
    a bad format.
    """

    def __init__(
        self,
        options: LoggingOptions,
        clock: Clock,
        *,
        out: Sink,
        err: Sink,
        form: str = "text",
        prefix: str = "/oauth2",
        redact: bool = True,
        client: Callable[[Scope], str] = log_client,
        close: Callable[[], None] | None = None,
    ) -> None:
        stamp = Stamp(local=options.logging_local_time)
        text = TextLines(options, stamp)
        self._options = options
        self._clock = clock
        self._client = client
        self._lines: Lines = ObjectLines(stamp) if form == "json" else text
        self._out = Writer(out)
        self._err = self._out if options.errors_to_info_log else Writer(err)
        self._close = close
        self._redacted_below = prefix.rstrip("/") + "/" if redact else ""

    @property
    def lost(self) -> int:
        """
        The number of lines that could not be written.
        """
        return sum(writer.lost for writer in {self._out, self._err})

    def info(self, message: str) -> None:
        """
        Say that something happened.
        """
        self._standard(self._out, "info", message)

    def error(self, message: str) -> None:
        """
        Say that something went wrong.
        """
        self._standard(self._err, "error", message)

    def auth(self, scope: Scope, username: str, status: str, message: str) -> None:
        """
        Record an authentication event.
        """
        if not self._options.auth_logging:
            return
        record = AuthRecord(
            client=self._client(scope),
            host=scope.effective.host,
            protocol=scope.protocol,
            request_id=scope.request_id,
            method=scope.method,
            user_agent=scope.fields.text("user-agent"),
            username=username,
            status=status,
            message=self._presentable(message),
        )
        self._out.add(self._lines.auth(record, self._clock.now()))
        self._out.flush()

    def request(self, record: RequestRecord) -> None:
        """
        Record a finished request; the line is written by the next `flush`.
        """
        options = self._options
        if not options.request_logging or self._is_left_out(record):
            return
        uri = record.uri
        if self._redacted_below and ("?" in uri or "eyJ" in uri):
            uri = redact_target(uri, self._redacted_below)
        self._out.add(self._lines.request(record, uri))

    def flush(self) -> None:
        """
        Write what waits.
        """
        self._out.flush()

    def close(self) -> None:
        """
        Write what waits, and give up the file; lines that come later are lost.
        """
        self.flush()
        if self._close is not None:
            self._close()

    def _is_left_out(self, record: RequestRecord) -> bool:
        options = self._options
        if record.health and options.silence_ping_logging:
            return True
        paths = options.exclude_logging_paths
        return bool(paths) and unquote(record.uri.partition("?")[0]) in paths

    def _standard(self, writer: Writer, level: str, message: str) -> None:
        if not self._options.standard_logging:
            return
        line = self._lines.standard(
            level, _caller(), self._presentable(message), self._clock.now()
        )
        writer.add(line)
        writer.flush()

    def _presentable(self, message: str) -> str:
        return redact_prose(message) if self._redacted_below else message


def _caller() -> str:
    """
    Return `module.py:line` of whoever called `info` or `error`.
    """
    frame = sys._getframe(3)  # noqa: SLF001 - `inspect` is far slower
    return f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"
