"""
Read the command line by the grammar of the reference's flag library.

Only long names with two dashes; "--name=value" or "--name value"; a flag that is a
truth takes a value only with "="; "--" ends the options; words that are no option
are left over. Lists: the first flag replaces the default, the next ones append.
"""

from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field, frozen

from oauthproxy.settings.convert import FALSE, TRUE, from_flag
from oauthproxy.settings.given import Given, Reading, nearest, refused, wrong
from oauthproxy.settings.kinds import Kind
from oauthproxy.settings.table import Option, table

_HERE = "command line"


@frozen
class CommandLine:
    """
    What the command line says.
    """

    reading: Reading
    words: tuple[str, ...] = ()


def read_command_line(arguments: Sequence[str]) -> CommandLine:
    """
    Return what the arguments (without the program's name) say, mistakes included.
    """
    return _Scan(iter(arguments)).run()


@define
class _Scan:
    """
    One pass over the arguments.
    """

    arguments: Iterator[str]
    texts: dict[str, list[str]] = field(factory=dict)
    words: list[str] = field(factory=list)
    problems: list[str] = field(factory=list)
    failed: set[str] = field(factory=set)

    def run(self) -> CommandLine:
        pending: str | None = next(self.arguments, None)
        while pending is not None:
            if pending == "--":
                self.words.extend(self.arguments)
                break
            pending = self._argument(pending)
        values = dict(self._values())
        failed = frozenset(self.failed)
        reading = Reading(values, {}, tuple(self.problems), failed)
        return CommandLine(reading, tuple(self.words))

    def _argument(self, argument: str) -> str | None:
        """
        Take one argument, and perhaps its value; return the one to look at next.
        """
        if argument.startswith("--"):
            return self._long(argument)
        if argument.startswith("-h"):
            self._add(table().by_name["help"], "true")
        elif len(argument) > 1 and argument[0] == "-":
            self._unknown(argument.split("=", 1)[0])
        else:
            self.words.append(argument)
        return next(self.arguments, None)

    def _long(self, argument: str) -> str | None:
        name, equals, text = argument[2:].partition("=")
        option = table().by_flag.get(name)
        following = next(self.arguments, None)
        if option is None:
            self._unknown(f"--{name}")
        elif equals:
            self._add(option, text)
        elif option.kind is Kind.FLAG:
            # Two flags of the reference swallow the next word; take it only where
            # it can be meant.
            swallow = option.declared.flag_takes_value and following in TRUE | FALSE
            self._add(option, following if swallow and following else "true")
            return next(self.arguments, None) if swallow else following
        elif following is None:
            self.problems.append(wrong(f"--{name}", _HERE, "a value is missing"))
            self.failed.add(option.name)
        else:
            self._add(option, following)
            return next(self.arguments, None)
        return following

    def _add(self, option: Option, text: str) -> None:
        self.texts.setdefault(option.name, []).append(text)

    def _unknown(self, name: str) -> None:
        plain = name.lstrip("-").replace("_", "-").lower()
        by_key = table().by_key.get(plain.replace("-", "_"))
        if plain in table().by_flag:
            hint = f"; did you mean --{plain}?"
        elif by_key is not None:
            hint = f"; did you mean --{by_key.flag}?"
        else:
            hint = nearest(f"--{plain}", [f"--{flag}" for flag in table().by_flag])
        self.problems.append(wrong(name, _HERE, f"unknown option{hint}"))

    def _values(self) -> Iterator[tuple[str, Given]]:
        by_name: Mapping[str, Option] = table().by_name
        for name, texts in self.texts.items():
            option = by_name[name]
            source = f"--{option.flag}"
            try:
                yield name, Given(from_flag(option.kind, texts), source)
            except ValueError as error:
                self.problems.append(refused(option, source, error))
                self.failed.add(name)
