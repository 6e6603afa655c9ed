"""
Text that must not be seen: it has no useful repr and leaves only through `reveal`.
"""

import hmac


class Secret:
    """
    Hold a secret text.

    Equality is constant-time; `bool` tells whether there is any text at all.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """
        Return the text; the caller promises not to log it.
        """
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(…)" if self._text else "Secret()"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self._text.encode("utf-8", "surrogateescape"),
            other._text.encode("utf-8", "surrogateescape"),
        )

    def __hash__(self) -> int:
        return hash((Secret, bool(self._text)))

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret cannot be pickled")
