"""
Listeners that write down what a request parser tells.
"""

from attrs import define, field

from oauthproxy.web.parser import RequestParser
from oauthproxy.wire.requesthead import RequestHead


@define
class Heard:
    """
    Everything a parser has told, bodies joined.
    """

    heads: list[RequestHead] = field(factory=list)
    bodies: list[bytes] = field(factory=list)
    pieces: list[bytes] = field(factory=list)
    whole: int = 0
    upgrades: list[bytes] = field(factory=list)
    refused: list[int] = field(factory=list)

    def head_parsed(self, head: RequestHead) -> None:
        self.heads.append(head)
        self.bodies.append(b"")

    def body_parsed(self, data: bytes) -> None:
        self.pieces.append(data)
        self.bodies[-1] += data

    def request_parsed(self) -> None:
        self.whole += 1

    def upgrade_parsed(self, rest: bytes) -> None:
        self.upgrades.append(rest)

    def parse_refused(self, status: int) -> None:
        self.refused.append(status)

    @property
    def targets(self) -> list[bytes]:
        """
        The targets of the heads.
        """
        return [head.target for head in self.heads]


def heard(*pieces: bytes, head_bytes: int = 1 << 20, head_fields: int = 100) -> Heard:
    """
    Return what a parser tells of some bytes, given piece by piece.
    """
    listener = Heard()
    parser = RequestParser(listener, head_bytes, head_fields)
    for piece in pieces:
        parser.feed(piece)
    return listener
