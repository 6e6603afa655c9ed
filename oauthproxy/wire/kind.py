"""
What a header field is to a proxy, found with one look-up for each spelling seen.

Rule 1: names are compared without case (RFC 9110, 5.1).
Rule 2: the memory of spellings is bounded; a flood of odd ones only costs time.
"""

from collections.abc import Iterable, Mapping

SPELLINGS = 4096


class FieldKinds:
    """
    Tell the kind of a field by its name as it was spelled.

    Kinds are small integers of the caller's; 0 means nothing special.
    """

    __slots__ = ("_by_name", "_seen")

    def __init__(self, kinds: Mapping[bytes, int]) -> None:
        self._by_name = {name.lower(): kind for name, kind in kinds.items()}
        self._seen: dict[bytes, int] = {}

    def of(self, name: bytes) -> int:
        """
        Return the kind of the field called `name`, in any case.
        """
        kind = self._seen.get(name)
        if kind is None:
            kind = self._by_name.get(name.lower(), 0)
            if len(self._seen) >= SPELLINGS:
                self._seen.clear()
            self._seen[name] = kind
        return kind


def tokens(values: Iterable[bytes]) -> list[bytes]:
    """
    Return the lower-cased members of a comma list that may span several lines.
    """
    return [
        token
        for value in values
        for part in value.split(b",")
        if (token := part.strip(b" \t").lower())
    ]
