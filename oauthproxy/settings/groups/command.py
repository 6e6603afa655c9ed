"""
What to do instead of serving: the options that only the command line takes.
"""

from attrs import frozen

from oauthproxy.settings.kinds import FLAG, TEXT
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class CommandOptions:
    """
    What to do instead of serving: the options that only the command line takes.
    """

    config: str = option(
        TEXT,
        "",
        key=None,
        scope="command-line-only",
        holds="path",
        help=(
            "Path of the legacy/core configuration file. Always parsed as TOML "
            "whatever the file extension; nothing is read when the flag is absent "
            "or empty (no search path)."
        ),
    )
    alpha_config: str = option(
        TEXT,
        "",
        key=None,
        scope="command-line-only",
        holds="path",
        help=(
            "Path of the YAML alpha configuration file. Turns on a second loading "
            'pass (core options plus YAML); every option of scope "legacy" is '
            "then refused as flag or TOML key."
        ),
    )
    convert_config_to_alpha: bool = option(
        FLAG,
        False,
        key=None,
        scope="command-line-only",
        help=(
            "Load the configuration as usual, print the alpha YAML equivalent of "
            "the legacy part on stdout and exit 0. No validation is done. Refused "
            "(exit 1) together with alpha-config or config-test."
        ),
    )
    config_test: bool = option(
        FLAG,
        False,
        key=None,
        scope="command-line-only",
        help=(
            "Load and validate, then exit without serving: stdout line and exit 0 "
            "when valid, error text on stderr and exit 1 otherwise. Has the side "
            "effects of validation (Redis SET/GET/DEL, log file creation, discovery "
            "of extra JWT issuers). Refused with convert-config-to-alpha."
        ),
    )
    version: bool = option(
        FLAG,
        False,
        key=None,
        scope="command-line-only",
        help=(
            "Print one version line on stdout and exit 0; looked at before anything "
            "else is loaded, so unknown flags on the same command line do not "
            "matter."
        ),
    )
    help: bool = option(
        FLAG,
        False,
        key=None,
        scope="command-line-only",
        ours=True,
        help="Print all options on stdout and exit 0; -h for short.",
    )
