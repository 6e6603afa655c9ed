"""
One JSON object a line, in ASCII, with keys that stay.

ASCII because some readers end a line at U+0085 or U+2028; undecodable bytes are
escaped before, so that every line is also valid Unicode.
"""

from json.encoder import encode_basestring_ascii

from oauthproxy.logs.record import AuthRecord, RequestRecord
from oauthproxy.logs.stamp import Stamp
from oauthproxy.settings.kinds import SECOND
from oauthproxy.wire.fields import field_bytes


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
        r = record
        return (
            f'{{"time":"{self._stamp.rfc3339(r.started_at)}","kind":"request",'
            f'"client":{_text(r.client)},"request_id":{_text(r.request_id)},'
            f'"username":{_text(r.username)},"host":{_text(r.host)},'
            f'"method":{_text(r.method)},"uri":{_text(uri)},'
            f'"protocol":{_text(r.protocol)},"upstream":{_text(r.upstream)},'
            f'"user_agent":{_text(r.user_agent)},"status":{r.status:d},'
            f'"size":{r.size:d},"duration":{r.duration / SECOND:.6f}}}\n'
        )


def _line(values: dict[str, str]) -> str:
    pairs = ",".join(f'"{key}":{_text(value)}' for key, value in values.items())
    return f"{{{pairs}}}\n"


def _text(text: str) -> str:
    if text.isascii() or text.isprintable():
        return encode_basestring_ascii(text)
    sound = field_bytes(text).decode("utf-8", "backslashreplace")
    return encode_basestring_ascii(sound)
