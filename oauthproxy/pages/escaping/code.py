"""
Follow the text of a script or a style.
"""

import re

from attrs import evolve

from oauthproxy.pages.escaping.context import Context, Mode

_SPACE = " \t\n\f\r\u2028\u2029"
_BARE_URL = re.compile(r"\([\s\"']*$")
_NEWLINE = re.compile(r"[\n\r\u2028\u2029]")
_WORD = re.compile(r"[\w$]+$")
_BEFORE_PATTERN = re.compile(
    r"break|case|continue|delete|do|else|finally|in|instanceof|return|throw|try"
    r"|typeof|void"
)
_SCRIPT_MARK = re.compile(r"[\"'`/]|<!--|-->")
_STYLE_MARK = re.compile(r"[\"']|/\*|\burl\(", re.I)
_ENDS = {
    Mode.DOUBLE: re.compile(r"\\.|\"|[\n\r]", re.S),
    Mode.SINGLE: re.compile(r"\\.|'|[\n\r]", re.S),
    Mode.TEMPLATE: re.compile(r"\\.|`", re.S),
    Mode.PATTERN: re.compile(r"\\.|[/\[\n\r]", re.S),
    Mode.PATTERN_CLASS: re.compile(r"\\.|[\]\n\r]", re.S),
    Mode.LINE_COMMENT: _NEWLINE,
    Mode.BLOCK_COMMENT: re.compile(r"\*/"),
    Mode.URL: re.compile(r"\\.|\)", re.S),
}
_OPENING = {
    '"': Mode.DOUBLE,
    "'": Mode.SINGLE,
    "`": Mode.TEMPLATE,
    "<!--": Mode.LINE_COMMENT,
    "-->": Mode.LINE_COMMENT,
}


def scan_script(context: Context, text: str) -> Context:
    """
    Return the context after some text of a script (ECMA-262, 12).
    """
    at = 0
    while at < len(text):
        if context.mode is Mode.CODE:
            context, at = _script_code(context, text, at)
        else:
            context, at = _until_end(context, text, at)
    return context


def _script_code(context: Context, text: str, at: int) -> tuple[Context, int]:
    found = _SCRIPT_MARK.search(text, at)
    end = len(text) if found is None else found.start()
    context = evolve(context, divides=_divides(text[at:end], before=context.divides))
    if found is None:
        return context, end
    mark = found.group()
    if mark != "/":
        return evolve(context, mode=_OPENING[mark], divides=False), found.end()
    following = text[found.end() : found.end() + 1]
    if following in ("/", "*"):
        mode = Mode.LINE_COMMENT if following == "/" else Mode.BLOCK_COMMENT
        return evolve(context, mode=mode), found.end() + 1
    if context.divides:
        return evolve(context, divides=False), found.end()
    return evolve(context, mode=Mode.PATTERN), found.end()


def _divides(code: str, *, before: bool) -> bool:
    """
    Tell whether a slash after this code would divide.
    """
    code = code.rstrip(_SPACE)
    if not code:
        return before
    last = code[-1]
    if last in "+-":
        repeated = len(code) - len(code.rstrip(last))
        return repeated % 2 == 0
    if last == ".":
        return code[-2:-1].isdigit()
    if last in ",<>=*%&|^?!~([:;{}":
        return False
    word = _WORD.search(code)
    return word is None or not _BEFORE_PATTERN.fullmatch(word.group())


def _until_end(context: Context, text: str, at: int) -> tuple[Context, int]:
    """
    Go to the end of a string, a comment or a regular expression.
    """
    mode = context.mode
    found = _ENDS[mode].search(text, at)
    if found is None:
        return context, len(text)
    if found.group().startswith("\\"):
        return context, found.end()
    if mode is Mode.PATTERN and found.group() == "[":
        return evolve(context, mode=Mode.PATTERN_CLASS), found.end()
    if mode is Mode.PATTERN_CLASS and found.group() == "]":
        return evolve(context, mode=Mode.PATTERN), found.end()
    if mode in (Mode.LINE_COMMENT, Mode.BLOCK_COMMENT):
        return evolve(context, mode=Mode.CODE), found.end()
    return evolve(context, mode=Mode.CODE, divides=True, begun=False), found.end()


def scan_style(context: Context, text: str) -> Context:
    """
    Return the context after some text of a style (CSS Syntax level 3, 4).
    """
    at = 0
    while at < len(text):
        if context.mode is Mode.CODE:
            context, at = _style_code(context, text, at)
        else:
            context, at = _until_end(context, text, at)
    if context.mode is Mode.URL:
        return evolve(context, begun=context.begun or not _BARE_URL.search(text))
    return context


def _style_code(context: Context, text: str, at: int) -> tuple[Context, int]:
    found = _STYLE_MARK.search(text, at)
    if found is None:
        return context, len(text)
    mark = found.group()
    if mark == "/*":
        return evolve(context, mode=Mode.BLOCK_COMMENT), found.end()
    mode = _OPENING.get(mark, Mode.URL)
    return evolve(context, mode=mode, begun=False), found.end()
