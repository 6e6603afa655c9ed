"""
Health and readiness.
"""

from attrs import frozen

from oauthproxy.settings.kinds import FLAG, TEXT
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class ProbeOptions:
    """
    Health and readiness.
    """

    ping_path: str = option(
        TEXT,
        "/ping",
        holds="url-path",
        help=(
            "Exact path (compared with the escaped request path) answered 200 "
            '"OK" without authentication. Empty disables it.'
        ),
    )
    ping_user_agent: str = option(
        TEXT,
        "",
        help=(
            "When set, the ping path only answers requests whose User-Agent equals "
            "this value (it narrows ping-path, it is not an alternative)."
        ),
    )
    ready_path: str = option(
        TEXT,
        "/ready",
        holds="url-path",
        help=(
            'Exact path answered 200 "OK" when the session store connection '
            "works, else 500 with the error. Empty disables it."
        ),
    )
    gcp_healthchecks: bool = option(
        FLAG,
        False,
        deprecated=True,
        replaced_by='ping-path with ping-user-agent="GoogleHC/1.0"',
        help=(
            "Answer /liveness_check and /readiness_check as ping-path, too, and only "
            'the User-Agent "GoogleHC/1.0" (or ping-user-agent) on all of them.'
        ),
    )
