"""
What to do instead of serving: the options that only the command line takes.
"""

from attrs import frozen

from oauthproxy.settings.kinds import FLAG, TEXT
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class CommandOptions:
    """
    Files to read, and what to do instead of serving.
    """

    config: str = option(
        TEXT,
        "",
        key=None,
        scope="command-line-only",
        holds="path",
        help=(
            "Path of the configuration file. Always read as TOML, whatever its name; "
            "without this flag no file is read."
        ),
    )
    alpha_config: str = option(
        TEXT,
        "",
        key=None,
        scope="command-line-only",
        holds="path",
        help=(
            "YAML file of the alpha configuration. Everything that can be said there "
            "is then refused as a flag or in the configuration file, and ignored as "
            "an environment variable."
        ),
    )
    convert_config_to_alpha: bool = option(
        FLAG,
        False,
        key=None,
        scope="command-line-only",
        help=(
            "Print the alpha configuration that means the same as the flat options, "
            "and exit 0. What is read must be readable, but is not checked. Excludes "
            "alpha-config and config-test."
        ),
    )
    config_test: bool = option(
        FLAG,
        False,
        key=None,
        scope="command-line-only",
        help=(
            "Load and check, then exit without serving: a line on stdout and exit 0 "
            "when all is well, the problems on stderr and exit 1 otherwise. Excludes "
            "convert-config-to-alpha."
        ),
    )
    version: bool = option(
        FLAG,
        False,
        key=None,
        scope="command-line-only",
        help="Print one line with the version and exit 0; nothing else is looked at.",
    )
    help: bool = option(
        FLAG,
        False,
        key=None,
        scope="command-line-only",
        ours=True,
        help="Print all options on stdout and exit 0; -h for short.",
    )
