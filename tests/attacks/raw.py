"""
Write requests by hand, with a session, so that only the parser can keep them out.
"""

from tests.integration.harness.client import Answer
from tests.integration.harness.stage import Stage


def lines(stage: Stage, *fields: str, start: str = "POST / HTTP/1.1") -> str:
    """
    A signed-in head of exact lines, with nothing added but the cookie.
    """
    return "\r\n".join([start, *fields, *stage.alice().cookie_field(), "", ""])


def sent(stage: Stage, text: str) -> Answer:
    """
    Send a text; the answer.
    """
    with stage.connect() as client:
        client.send(text.encode("latin-1"))
        return client.answer()


def refused(stage: Stage, text: str, *statuses: int) -> None:
    """
    Insist on a refusal (400 unless others are named), an end, and silence behind us.
    """
    with stage.connect() as client:
        client.send(text.encode("latin-1"))
        answer = client.answer()

        assert answer.status in (statuses or (400,))
        assert client.closed(), "the connection should end"
    assert stage.upstream.seen == []
