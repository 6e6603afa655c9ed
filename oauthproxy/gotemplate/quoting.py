"""
Text that cannot end a line, move a cursor or forge an entry.

Escapes are those of a Go string literal, as the reference writes them; bytes that
came in undecodable (surrogates, see `wire.fields`) are written as `\\xNN`.
"""

_NAMED = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def clean(text: str) -> str:
    """
    Return the text with every unprintable character escaped, for an unquoted place.
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def quoted(text: str) -> str:
    """
    Return the text as a Go string literal, its quotes included.
    """
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{clean(_with_marks_escaped(text))}"'


def _with_marks_escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    return _NAMED.get(char) or _numbered(ord(char))


def _numbered(code: int) -> str:
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
