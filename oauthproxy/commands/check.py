"""
`oauthproxy check`: everything that would keep a start from going well, without serving.
"""

import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence

from oauthproxy.commands.configured import loader, refuse_words
from oauthproxy.errors import SettingsError
from oauthproxy.settings.files import read_file
from oauthproxy.settings.findings import (
    Finding,
    as_json,
    as_table,
    exit_status,
    problem_findings,
    settings_findings,
)

FORMS = ("table", "json")


def check(arguments: Sequence[str]) -> int:
    """
    Print what is found and return 1 when any of it is an error.

    Besides the options of a start: --output=table or json; --offline asks nobody.
    """
    form, rest = _form(arguments)
    offline = "--offline" in rest
    found = findings([word for word in rest if word != "--offline"], offline=offline)
    if form == "json":
        print(as_json(found), end="")
    else:
        colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(as_table(found, colours=colours), end="")
    return exit_status(found)


def findings(arguments: Sequence[str], *, offline: bool = False) -> list[Finding]:
    """
    Return all findings about the configuration that a command line names.
    """
    try:
        refuse_words(arguments)
        settings = loader(arguments)()
    except SettingsError as problem:
        return problem_findings(problem)
    found = settings_findings(settings, os.environ, read_file, time.time_ns())
    if offline:
        return found
    from oauthproxy.commands.reach import reached

    return [*found, *reached(settings)]


def _form(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """
    Take --output=FORM, or --output FORM, out of the arguments.
    """
    parser = ArgumentParser(prog="oauthproxy check", add_help=False, allow_abbrev=False)
    parser.add_argument("--output", default=FORMS[0])
    known, rest = parser.parse_known_args(list(arguments))
    if known.output not in FORMS:
        names = ", ".join(FORMS)
        raise SettingsError([f'--output: "{known.output}" is not one of {names}'])
    return known.output, rest
