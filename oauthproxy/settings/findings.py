"""
What `oauthproxy check` finds out without a network.

Other parts add findings about the provider and the store; all of them are shown by
`as_table` or `as_json`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from attrs import asdict, frozen

from oauthproxy.errors import SettingsError
from oauthproxy.settings.certificates import SOON, certificate_facts
from oauthproxy.settings.check.secrets import secret_bytes
from oauthproxy.settings.differences import active_differences
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.kinds import HOUR
from oauthproxy.settings.model import ServerSettings, Settings
from oauthproxy.settings.warnings import warnings

_DAY = 24 * HOUR


class Level(Enum):
    """
    How bad a finding is.
    """

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


_COLOURS = {
    Level.OK: "\x1b[32m",
    Level.NOTE: "\x1b[36m",
    Level.WARNING: "\x1b[33m",
    Level.ERROR: "\x1b[31m",
}
_PLAIN = "\x1b[0m"


@frozen
class Finding:
    """
    One line of the table.
    """

    level: Level
    subject: str
    message: str


def problem_findings(error: SettingsError) -> list[Finding]:
    """
    Return the findings of settings that could not be loaded.
    """
    return [Finding(Level.ERROR, "settings", line) for line in error.problems]


def settings_findings(
    settings: Settings,
    environment: Mapping[str, str],
    read_file: ReadFile,
    now: int,
) -> list[Finding]:
    """
    Return the findings about settings that were loaded; `now` is in nanoseconds.
    """
    found = [Finding(Level.OK, "settings", _counted(settings))]
    for name, server in (
        ("tls", settings.server),
        ("metrics tls", settings.metrics_server),
    ):
        found.extend(
            Finding(level, name, message)
            for level, message in _certificate(server, environment, read_file, now)
        )
    found.extend(
        Finding(Level.WARNING, "settings", line) for line in warnings(settings)
    )
    found.extend(
        Finding(Level.NOTE, "difference", line) for line in active_differences(settings)
    )
    return found


def _counted(settings: Settings) -> str:
    upstreams = len(settings.upstreams)
    types = ", ".join(provider.type for provider in settings.providers)
    return (
        f"valid: {upstreams} upstream{'' if upstreams == 1 else 's'}, "
        f"provider {types}, sessions in {settings.session.session_store_type}"
    )


def _certificate(
    server: ServerSettings,
    environment: Mapping[str, str],
    read_file: ReadFile,
    now: int,
) -> Iterator[tuple[Level, str]]:
    tls = server.tls
    if tls is None or tls.cert is None:
        return
    try:
        facts = certificate_facts(secret_bytes(tls.cert, environment, read_file))
    except (OSError, ValueError) as error:
        yield Level.ERROR, str(error)
        return
    days = (facts.not_after - now) // _DAY
    if now < facts.not_before:
        yield Level.ERROR, "the certificate is not valid yet"
    elif now >= facts.not_after:
        yield Level.ERROR, "the certificate has expired"
    elif facts.not_after - now < SOON:
        yield Level.WARNING, f"the certificate expires in {days} days"
    else:
        names = ", ".join(facts.names) or "no name"
        yield Level.OK, f"certificate for {names}, valid for {days} more days"


def exit_status(findings: Iterable[Finding]) -> int:
    """
    Return 1 when anything is an error, else 0.
    """
    return int(any(finding.level is Level.ERROR for finding in findings))


def as_table(findings: Iterable[Finding], *, colours: bool = False) -> str:
    """
    Return the findings as lines for a terminal.
    """
    found = list(findings)
    width = max((len(finding.subject) for finding in found), default=0)
    lines = []
    for finding in found:
        level = f"{finding.level.value:<8}"
        if colours:
            level = f"{_COLOURS[finding.level]}{level}{_PLAIN}"
        lines.append(f"{level} {finding.subject:<{width}}  {finding.message}\n")
    return "".join(lines)


def as_json(findings: Iterable[Finding]) -> str:
    """
    Return the findings as a JSON document: the status and a list.
    """
    found = list(findings)
    items = [{**asdict(finding), "level": finding.level.value} for finding in found]
    document = {"status": exit_status(found), "findings": items}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
