"""
Ask what a start depends on whether it is there: files, identity provider, store.
"""

import time
from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.defer import TimeoutError as TooLate

from oauthproxy.errors import ProxyError, SettingsError
from oauthproxy.settings.findings import Finding, Level, problem_findings
from oauthproxy.settings.model import Settings

PATIENCE_SECONDS = 10.0
S256 = "S256"


def reached(settings: Settings) -> list[Finding]:
    """
    Return what a house made from the settings finds around it.

    Runs the reactor; a process can do that once.
    """
    from twisted.internet import reactor as installed

    reactor: Any = installed
    try:
        house = _house(settings, reactor)
    except SettingsError as problem:
        return problem_findings(problem)
    ended: list[Any] = []

    def over(result: object) -> None:
        ended.append(result)
        reactor.stop()

    reactor.callWhenRunning(
        lambda: Deferred.fromCoroutine(_ask(house, settings, reactor)).addBoth(over)
    )
    reactor.run()
    (result,) = ended or [[]]
    if not isinstance(result, list):
        result.raiseException()
    found: list[Finding] = result
    return found


def _house(settings: Settings, reactor: Any) -> Any:
    """
    Return a house whose log nobody sees: what it finds is in the table.
    """
    from oauthproxy.assembly import assemble
    from oauthproxy.logs.log import Logs
    from oauthproxy.net.clock import ReactorClock

    def unseen(_lines: bytes) -> None:
        return None

    clock = ReactorClock(reactor)
    logs = Logs(settings.logging, clock, out=unseen, err=unseen)
    return assemble(settings, reactor, logs=logs, clock=clock)


async def _ask(house: Any, settings: Settings, reactor: Any) -> list[Finding]:
    asked = {"provider": house.provider.prepare()}
    if settings.session.session_store_type != "cookie":
        asked["store"] = house.store.ping()
    found = await gatherResults(
        [
            Deferred.fromCoroutine(_answer(subject, question, reactor))
            for subject, question in asked.items()
        ]
    )
    offered = await _offered(house.provider)
    await house.stop()
    return [*found, *offered]


async def _offered(provider: Any) -> list[Finding]:
    """
    Return what the provider offers for safety and is not made use of.
    """
    issuer = getattr(provider, "issuer", None)
    metadata = issuer and issuer.metadata
    if not metadata or S256 not in metadata.code_challenge_methods:
        return []
    if await provider.code_challenge_method():
        return []
    text = f'offers PKCE, but it is off; set code_challenge_method = "{S256}"'
    return [Finding(Level.WARNING, "provider", text)]


async def _answer(
    subject: str, question: Coroutine[Any, Any, None], reactor: Any
) -> Finding:
    began = time.monotonic()
    try:
        await Deferred.fromCoroutine(question).addTimeout(PATIENCE_SECONDS, reactor)
    except ProxyError as problem:
        return Finding(Level.ERROR, subject, problem.detail or problem.sentence)
    except TooLate:
        text = f"no answer within {PATIENCE_SECONDS:g} s"
        return Finding(Level.ERROR, subject, text)
    took = round((time.monotonic() - began) * 1000)
    return Finding(Level.OK, subject, f"answers within {took} ms")
