"""
Lines of text, from Go templates or, the usual request line, from code.

Every field is free of control characters before it meets a template, so no format
can let a client end a line.
"""

from collections.abc import Callable, Mapping

from oauthproxy.errors import SettingsError
from oauthproxy.gotemplate import Template, TemplateError
from oauthproxy.gotemplate.quoting import clean, quoted
from oauthproxy.logs.record import AuthRecord, RequestRecord
from oauthproxy.logs.stamp import Stamp
from oauthproxy.settings.groups.logging import (
    AUTH_FIELDS,
    REQUEST_FIELDS,
    STANDARD_FIELDS,
    USUAL_REQUEST,
    LoggingOptions,
)
from oauthproxy.settings.kinds import SECOND

Render = Callable[[Mapping[str, str]], str]


class TextLines:
    """
    Make lines by the three formats; raises SettingsError for a bad one.
    """

    def __init__(self, options: LoggingOptions, stamp: Stamp) -> None:
        self._stamp = stamp
        self._standard = compile_format(
            "standard_logging_format", options.standard_logging_format, STANDARD_FIELDS
        )
        self._auth = compile_format(
            "auth_logging_format", options.auth_logging_format, AUTH_FIELDS
        )
        self._request = compile_format(
            "request_logging_format", options.request_logging_format, REQUEST_FIELDS
        )
        self._is_usual = options.request_logging_format == USUAL_REQUEST

    def standard(self, level: str, file: str, message: str, moment: int) -> str:
        """
        Return the line of an ordinary message; its level shows in the stream only.
        """
        del level
        return self._standard(
            {
                "Timestamp": self._stamp.text(moment),
                "File": file,
                "Message": clean(message),
            }
        )

    def auth(self, record: AuthRecord, moment: int) -> str:
        """
        Return the line of an authentication event.
        """
        return self._auth(
            {
                "Client": clean(record.client),
                "Host": clean(record.host),
                "Protocol": clean(record.protocol),
                "RequestID": clean(record.request_id),
                "RequestMethod": clean(record.method),
                "Timestamp": self._stamp.text(moment),
                "UserAgent": quoted(record.user_agent),
                "Username": clean(record.username) or "-",
                "Status": record.status,
                "Message": clean(record.message),
            }
        )

    def request(self, record: RequestRecord, uri: str) -> str:
        """
        Return the line of a finished request, `uri` being what may be shown of its
        target.
        """
        if self._is_usual:
            return self._usual_request(record, uri)
        return self._request(self._request_fields(record, uri))

    def _usual_request(self, record: RequestRecord, uri: str) -> str:
        """
        Return the same for the default format, in a fifth of the time.

        One look at the finished line tells whether anything in it needs escaping.
        """
        r = record
        line = (
            f"{r.client} - {r.request_id} - {r.username or '-'} "
            f"[{self._stamp.text(r.started_at)}] {r.host} {r.method} "
            f'{r.upstream or "-"} "{uri}" {r.protocol} "{r.user_agent}" '
            f"{r.status} {r.size} {r.duration / SECOND:.3f}"
        )
        if line.isprintable() and "\\" not in line and line.count('"') == 4:
            return line + "\n"
        return self._request(self._request_fields(r, uri))

    def _request_fields(self, record: RequestRecord, uri: str) -> dict[str, str]:
        return {
            "Client": clean(record.client),
            "Host": clean(record.host),
            "Protocol": clean(record.protocol),
            "RequestID": clean(record.request_id),
            "RequestDuration": f"{record.duration / SECOND:.3f}",
            "RequestMethod": clean(record.method),
            "RequestURI": quoted(uri),
            "ResponseSize": str(record.size),
            "StatusCode": str(record.status),
            "Timestamp": self._stamp.text(record.started_at),
            "Upstream": clean(record.upstream) or "-",
            "UserAgent": quoted(record.user_agent),
            "Username": clean(record.username) or "-",
        }


def compile_format(option: str, source: str, fields: tuple[str, ...]) -> Render:
    """
    Return what makes lines of a format; raises SettingsError naming the option.

    A format of texts and plain fields becomes one formatting operation.
    """
    try:
        template = Template(source, name=option)
        template.check_fields(fields)
    except TemplateError as error:
        raise SettingsError([f"invalid {option}: {error}"]) from error
    simple = template.as_format()
    if simple is not None:
        return (simple + "\n").format_map
    return lambda values: template.render(values) + "\n"
