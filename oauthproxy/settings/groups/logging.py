"""
The three kinds of log lines and the log file.
"""

from attrs import frozen

from oauthproxy.settings.kinds import FLAG, INTEGER, TEXT, TEXTS
from oauthproxy.settings.option import option

STANDARD_FIELDS = ("Timestamp", "File", "Message")
AUTH_FIELDS = (
    "Client",
    "Host",
    "Protocol",
    "RequestID",
    "RequestMethod",
    "Timestamp",
    "UserAgent",
    "Username",
    "Status",
    "Message",
)
REQUEST_FIELDS = (
    "Client",
    "Host",
    "Protocol",
    "RequestID",
    "RequestDuration",
    "RequestMethod",
    "RequestURI",
    "ResponseSize",
    "StatusCode",
    "Timestamp",
    "Upstream",
    "UserAgent",
    "Username",
)
USUAL_REQUEST = (
    "{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] {{.Host}} "
    "{{.RequestMethod}} {{.Upstream}} {{.RequestURI}} {{.Protocol}} {{.UserAgent}} "
    "{{.StatusCode}} {{.ResponseSize}} {{.RequestDuration}}"
)


@frozen(kw_only=True)
class LoggingOptions:
    """
    The three kinds of log lines and the log file.
    """

    standard_logging: bool = option(
        FLAG,
        True,
        help="Write ordinary log lines.",
    )
    standard_logging_format: str = option(
        TEXT,
        "[{{.Timestamp}}] [{{.File}}] {{.Message}}",
        holds="go-template",
        help="Go template of ordinary lines; fields Timestamp, File, Message.",
    )
    auth_logging: bool = option(
        FLAG,
        True,
        help=("Write authentication log lines."),
    )
    auth_logging_format: str = option(
        TEXT,
        "{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] "
        "[{{.Status}}] {{.Message}}",
        holds="go-template",
        help=(
            "Go text/template; fields Client, Host, Protocol, RequestID, "
            "RequestMethod, Timestamp, UserAgent (quoted), Username, Status, "
            "Message."
        ),
    )
    request_logging: bool = option(
        FLAG,
        True,
        help=("Write one line per HTTP request."),
    )
    request_logging_format: str = option(
        TEXT,
        USUAL_REQUEST,
        holds="go-template",
        help=(
            "Go text/template; fields Client, Host, Protocol, RequestID, "
            "RequestDuration (seconds, 3 decimals), RequestMethod, RequestURI "
            "(quoted), ResponseSize, StatusCode, Timestamp, Upstream, UserAgent "
            "(quoted), Username."
        ),
    )
    exclude_logging_paths: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="exclude-logging-path",
        holds="url-path",
        help=("Exact request paths left out of the request log."),
    )
    silence_ping_logging: bool = option(
        FLAG,
        False,
        help=(
            "Answer ping and ready requests before the request logger, so they are "
            "not logged."
        ),
    )
    errors_to_info_log: bool = option(
        FLAG,
        False,
        help=(
            "Send error lines to the normal log output (stdout or log file) instead "
            "of stderr."
        ),
    )
    logging_local_time: bool = option(
        FLAG,
        True,
        help=(
            "true: local time, false: UTC, in log timestamps and rotated file names."
        ),
    )
    logging_filename: str = option(
        TEXT,
        "",
        holds="path",
        help=(
            "File that takes log lines instead of stdout (made with mode 0600); "
            "errors still go to stderr. Empty: stdout."
        ),
    )
    logging_max_size: int = option(
        INTEGER,
        100,
        holds="megabytes",
        help=("Log file size in megabytes before rotation; 0 means 100."),
    )
    logging_max_age: int = option(
        INTEGER,
        7,
        holds="days",
        help=("Days to keep rotated files; 0 keeps them regardless of age."),
    )
    logging_max_backups: int = option(
        INTEGER,
        0,
        holds="count",
        help=("Rotated files to keep; 0 keeps all (age limit still applies)."),
    )
    logging_compress: bool = option(
        FLAG,
        False,
        help=("gzip rotated files."),
    )
