"""
One JSON object a line, in ASCII, with keys that stay.

ASCII because some readers end a line at U+0085 or U+2028; undecodable bytes are
escaped before, so that every line is also valid Unicode.
"""

import json

from oauthproxy.logs.record import AuthRecord, RequestRecord
from oauthproxy.logs.stamp import Stamp
from oauthproxy.settings.kinds import SECOND
from oauthproxy.wire.fields import field_bytes

Value = str | int | float
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class ObjectLines:
    """
    Make lines of JSON.
    """

    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp

    def standard(self, level: str, file: str, message: str, moment: int) -> str:
        """
        Return the line of an ordinary message.
        """
        return _line(
            {
                "time": self._stamp.rfc3339(moment),
                "kind": "standard",
                "level": level,
                "file": file,
                "message": message,
            }
        )

    def auth(self, record: AuthRecord, moment: int) -> str:
        """
        Return the line of an authentication event.
        """
        return _line(
            {
                "time": self._stamp.rfc3339(moment),
                "kind": "auth",
                "client": record.client,
                "request_id": record.request_id,
                "username": record.username,
                "host": record.host,
                "method": record.method,
                "protocol": record.protocol,
                "user_agent": record.user_agent,
                "status": record.status,
                "message": record.message,
            }
        )

    def request(self, record: RequestRecord, uri: str) -> str:
        """
        Return the line of a finished request; `time` is when it began, `duration` in
        seconds.
        """
        return _line(
            {
                "time": self._stamp.rfc3339(record.started_at),
                "kind": "request",
                "client": record.client,
                "request_id": record.request_id,
                "username": record.username,
                "host": record.host,
                "method": record.method,
                "uri": uri,
                "protocol": record.protocol,
                "upstream": record.upstream,
                "user_agent": record.user_agent,
                "status": record.status,
                "size": record.size,
                "duration": round(record.duration / SECOND, 6),
            }
        )


def _line(values: dict[str, Value]) -> str:
    return _encode({key: _sound(value) for key, value in values.items()}) + "\n"


def _sound(value: Value) -> Value:
    if not isinstance(value, str) or value.isascii() or value.isprintable():
        return value
    return field_bytes(value).decode("utf-8", "backslashreplace")
