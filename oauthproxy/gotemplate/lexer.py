"""
Cut a template into text and actions, and an action into tokens.

`{{- ` takes the white space before it away, ` -}}` that after it; a comment is an
action that leaves nothing.
"""

import re
from collections.abc import Iterator

from attrs import frozen

from oauthproxy.gotemplate.problem import TemplateError

SPACE = " \t\r\n"

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<raw>`[^`]*`)
  | (?P<char>'(?:[^'\\\n]|\\.)+')
  | (?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+
        |(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
  | (?P<field>\.[^\W\d]\w*)
  | (?P<dot>\.)
  | (?P<variable>\$\w*)
  | (?P<word>[^\W\d]\w*)
  | (?P<mark>:=|[=|(),])
    """,
    re.VERBOSE,
)


@frozen
class Token:
    """
    One token of an action; `kind` is a group name of the pattern above.
    """

    kind: str
    text: str


@frozen
class Piece:
    """
    A stretch of text (`tokens` is None), or an action.
    """

    text: str
    line: int
    tokens: tuple[Token, ...] | None = None


def pieces(name: str, source: str) -> Iterator[Piece]:
    """
    Yield the pieces of a template; raises TemplateError.
    """
    position, trim = 0, False
    while position < len(source):
        opening = source.find("{{", position)
        end = len(source) if opening < 0 else opening
        text = source[position:end]
        if trim:
            text = text.lstrip(SPACE)
        if opening < 0:
            yield Piece(text, _line(source, position))
            return
        inner = opening + 2
        if source[inner : inner + 1] == "-" and source[inner + 1 : inner + 2] in (
            *SPACE,
        ):
            text = text.rstrip(SPACE)
            inner += 1
        if text:
            yield Piece(text, _line(source, position))
        tokens, position, trim = _action(name, source, inner)
        if tokens is not None:
            yield Piece("", _line(source, opening), tokens)


def _line(source: str, position: int) -> int:
    return source.count("\n", 0, position) + 1


def _action(
    name: str, source: str, position: int
) -> tuple[tuple[Token, ...] | None, int, bool]:
    """
    Read one action up to its end; no tokens for a comment.
    """
    start = _skip_space(source, position)
    if source.startswith("/*", start):
        return _comment(name, source, start)
    tokens: list[Token] = []
    while True:
        trim = source[position : position + 1] in (*SPACE,) and source.startswith(
            "-}}", _skip_space(source, position)
        )
        if trim:
            return tuple(tokens), _skip_space(source, position) + 3, True
        if source.startswith("}}", position):
            return tuple(tokens), position + 2, False
        found = _TOKEN.match(source, position)
        if found is None:
            raise _unexpected(name, source, position)
        position = found.end()
        kind = found.lastgroup or ""
        if kind != "space" or tokens:
            tokens.append(Token(kind, found.group()))


def _comment(
    name: str, source: str, start: int
) -> tuple[tuple[Token, ...] | None, int, bool]:
    end = source.find("*/", start + 2)
    if end < 0:
        raise TemplateError(name, _line(source, start), "unclosed comment")
    after = end + 2
    if source.startswith("}}", after):
        return None, after + 2, False
    dash = _skip_space(source, after)
    if dash > after and source.startswith("-}}", dash):
        return None, dash + 3, True
    raise TemplateError(
        name, _line(source, start), "comment ends before closing delimiter"
    )


def _skip_space(source: str, position: int) -> int:
    while source[position : position + 1] in (*SPACE,):
        position += 1
    return position


def _unexpected(name: str, source: str, position: int) -> TemplateError:
    line = _line(source, position)
    if position >= len(source):
        return TemplateError(name, line, "unclosed action")
    char = source[position]
    if char in "\"'`":
        return TemplateError(name, line, "unterminated quoted string")
    return TemplateError(name, line, f"unexpected {char!r} in an action")
