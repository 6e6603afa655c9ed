"""
The right outcomes of an attack.
"""

from tests.integration.harness.client import Answer, request
from tests.integration.harness.stage import HOST, Stage
from tests.integration.harness.visitor import Visitor

SESSION = "_oauth2_proxy"


def ask(stage: Stage, target: str, *fields: str, method: str = "GET") -> Answer:
    """
    Send a request without a session.
    """
    return stage.ask(request(method, target, fields, host=HOST))


def asks_for_login(stage: Stage, answer: Answer) -> bool:
    """
    Whether an answer sends a stranger to the login, and the application heard nothing.
    """
    if stage.upstream.seen:
        return False
    if answer.status == 302:
        location = answer.one("Location") or ""
        return location.startswith(f"{stage.provider.origin}/authorize?")
    if answer.status == 403:
        return b"/oauth2/start" in answer.body or answer.body == b"Forbidden\n"
    return answer.status == 401


def kept_out(stage: Stage, answer: Answer) -> bool:
    """
    Whether a stranger was refused in any way, and the application heard nothing.

    A clean-up redirect is one: what it leads to is decided anew.
    """
    refused = answer.status in (301, 400, 404, 405, 421, 501)
    return not stage.upstream.seen and (refused or asks_for_login(stage, answer))


def shows_nobody(answer: Answer) -> bool:
    """
    Whether an answer carries no identity.
    """
    names = {name.lower() for name, _ in answer.pairs}
    told = {name for name in names if name.startswith("x-auth-request-")}
    return not told and not names & {"gap-auth", "authorization"}


def redeemed(stage: Stage) -> int:
    """
    Return how many codes and refresh tokens the provider was shown.
    """
    return len(stage.provider.called("/token"))


def no_session(visitor: Visitor, answer: Answer, status: int = 403) -> None:
    """
    Insist on an error, and on no session.
    """
    assert answer.status == status, answer
    assert [name for name in visitor.cookies if name.startswith(f"{SESSION}_0")] == []
    assert SESSION not in visitor.cookies
    assert visitor.ask("/oauth2/auth").status == 401
