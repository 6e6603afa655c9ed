"""
What a header field is to a proxy, found with one look-up for each spelling seen.

Rule 1: names are compared without case (RFC 9110, 5.1).
Rule 2: the memory of spellings is bounded; a flood of odd ones only costs time.
"""

from collections.abc import Callable, Iterable, Mapping

SPELLINGS = 4096


class FieldKinds(dict[bytes, int]):
    """
    The kind of a field by its name as it was spelled.

    Kinds are small integers of the caller's; 0 means nothing special. Ask by `of`.
    """

    def __init__(self, kinds: Mapping[bytes, int]) -> None:
        super().__init__()
        self._by_name = {name.lower(): kind for name, kind in kinds.items()}

    @property
    def of(self) -> Callable[[bytes], int]:
        """
        What returns the kind of the field of a name, in any case.
        """
        return self.__getitem__

    def __missing__(self, name: bytes) -> int:
        if len(self) >= SPELLINGS:
            self.clear()
        kind = self[name] = self._by_name.get(name.lower(), 0)
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
