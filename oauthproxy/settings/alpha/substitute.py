"""
Replace variables in the text of the alpha configuration.

    $NAME  ${NAME}                the value, or nothing
    ${NAME:-text} ${NAME:=text}   text when unset or empty; may be another $NAME
    ${NAME-text}  ${NAME=text}    text when unset
    ${NAME+text}  ${NAME:+text}   text when set, even to nothing
    $$                            one $

A "$" before digits stays (rewrite targets use "$1"), and so does any other "$".
"""

import re
from collections.abc import Mapping

_REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)"
    r"|(?P<digits>[0-9]+)"
    r"|(?P<plain>\w+)"
    r"|\{(?P<name>\w+)(?P<operator>:?[-=+])?(?P<text>[^}\r\n]*)(?P<end>\}?))"
)


def substitute(text: str, environment: Mapping[str, str]) -> str:
    """
    Return the text with its variables replaced.

    Raises ValueError, with the line, for a "${" that is not closed on its line.
    """

    def replacement(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        if found["digits"] or found["plain"] == "_":
            return found[0]
        if found["plain"]:
            return environment.get(found["plain"], "")
        if not found["end"]:
            line = text.count("\n", 0, found.start()) + 1
            raise ValueError(f'{line}: the "}}" of "${{{found["name"]}" is missing')
        return _value(found, environment)

    return _REFERENCE.sub(replacement, text)


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    value = environment.get(found["name"])
    match found["operator"]:
        case ":-" | ":=":
            return value or _default(found["text"], environment)
        case "-" | "=":
            missing = value is None
            return _default(found["text"], environment) if missing else value or ""
        case "+" | ":+":
            return "" if value is None else _default(found["text"], environment)
        case _:
            return value or ""


def _default(text: str, environment: Mapping[str, str]) -> str:
    if re.fullmatch(r"\$\w+", text) and not text[1:].isdigit():
        return environment.get(text[1:], "")
    return text


def escaped(text: str) -> str:
    """
    Return a text that `substitute` turns into the given one.
    """
    return re.sub(r"\$(?![0-9])", "$$", text)
