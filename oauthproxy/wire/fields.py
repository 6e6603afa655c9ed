"""
Header fields as they are on the wire: (name, value) pairs of bytes, in order.
"""

from collections.abc import Iterator

from attrs import frozen

Pair = tuple[bytes, bytes]


def field_bytes(text: str) -> bytes:
    """
    Return the bytes of a name or value: UTF-8, and bytes that came in undecodable
    go out as they came.
    """
    return text.encode("utf-8", "surrogateescape")


def field_text(raw: bytes) -> str:
    """
    Return the text of a name or value; undecodable bytes survive as surrogates.
    """
    return raw.decode("utf-8", "surrogateescape")


@frozen(slots=True)
class Fields:
    """
    The header fields of one message. Names are compared without case.
    """

    pairs: list[Pair]

    def first(self, name: bytes) -> bytes | None:
        """
        Return the first value of a field, or None; `name` is lower case.
        """
        return next((v for n, v in self.pairs if n.lower() == name), None)

    def all(self, name: bytes) -> list[bytes]:
        """
        Return all values of a field in order; `name` is lower case.
        """
        return [v for n, v in self.pairs if n.lower() == name]

    def text(self, name: str) -> str:
        """
        Return the first value of a field as text, or the empty text.
        """
        value = self.first(name.lower().encode())
        return "" if value is None else field_text(value)

    def texts(self, name: str) -> list[str]:
        """
        Return all values of a field as text.
        """
        return [field_text(v) for v in self.all(name.lower().encode())]

    def __iter__(self) -> Iterator[Pair]:
        return iter(self.pairs)
