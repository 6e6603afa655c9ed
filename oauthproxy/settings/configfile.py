"""
Read options from the TOML configuration file.

The file is flat, its keys are compared without regard to case, and a key that no
option has is a mistake.
"""

import re
import tomllib

from oauthproxy.settings.convert import from_toml
from oauthproxy.settings.given import Given, Reading, nearest, refused, wrong
from oauthproxy.settings.table import Option, table

_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_KEY = re.compile(r"""\s*\[*\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*[=.\]]""")
_AT_END = " (at end of document)"


def read_config_file(path: str, content: bytes) -> Reading:
    """
    Return what the configuration file says; `path` is named in messages only.
    """
    try:
        text = content.decode("utf-8-sig")
        found = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Reading(problems=(f"{path}:{line}: not UTF-8 text",), broken=True)
    except tomllib.TOMLDecodeError as error:
        return Reading(problems=(_syntax(path, str(error), text),), broken=True)
    return _FileReading(path, text).read(found)


def _syntax(path: str, message: str, text: str) -> str:
    place = _AT_LINE.search(message)
    if place is not None:
        return f"{path}:{place[1]}: {_AT_LINE.sub('', message)} (column {place[2]})"
    lines = text.rstrip("\n").count("\n") + 1
    return f"{path}:{lines}: {message.removesuffix(_AT_END)}"


class _FileReading:
    """
    Sort the keys of one file into values, aliases and problems.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = _lines(text)
        self.values: dict[str, Given] = {}
        self.aliases: dict[str, Given] = {}
        self.problems: list[str] = []
        self.failed: set[str] = set()

    def read(self, found: dict[str, object]) -> Reading:
        known = table().by_key
        aliases = {o.declared.alias: o for o in known.values() if o.declared.alias}
        unknown = []
        for key, value in found.items():
            name = key.lower()
            if name in known:
                self._add(self.values, known[name], known[name].name, key, value)
            elif name in aliases:
                self._add(self.aliases, aliases[name], name, key, value)
            else:
                unknown.append(key)
        for key in sorted(unknown):
            self.problems.append(self._unknown(key, found[key]))
        failed = frozenset(self.failed)
        return Reading(self.values, self.aliases, tuple(self.problems), failed)

    def _add(
        self,
        into: dict[str, Given],
        option: Option,
        name: str,
        key: str,
        value: object,
    ) -> None:
        source = self._place(key)
        if name in into:
            message = f"given twice, also at {into[name].source}"
            self.problems.append(wrong(option.label, source, message))
            return
        try:
            into[name] = Given(from_toml(option.kind, value), source)
        except ValueError as error:
            self.problems.append(refused(option, source, error))
            self.failed.add(option.name)

    def _unknown(self, key: str, value: object) -> str:
        dashed = key.lower().replace("-", "_")
        by_flag = table().by_flag.get(dashed.replace("_", "-"))
        if by_flag is not None and by_flag.key:
            hint = f"; did you mean {by_flag.key}?"
        else:
            hint = nearest(dashed, table().by_key)
        table_hint = "table" if isinstance(value, dict) else "option"
        return wrong(key, self._place(key), f"unknown {table_hint}{hint}")

    def _place(self, key: str) -> str:
        line = self.lines.get(key)
        return self.path if line is None else f"{self.path}:{line}"


def _lines(text: str) -> dict[str, int]:
    """
    Return the line on which each key is first set.
    """
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        key = _KEY.match(line)
        if key is not None:
            found.setdefault(key[1] or key[2] or key[3], number)
    return found
