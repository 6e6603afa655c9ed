"""
What is asked of the servers that a configuration names.
"""

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from oauthproxy.commands.configured import loader
from oauthproxy.commands.reach import PATIENCE_SECONDS, _answer, _ask, _house
from oauthproxy.errors import ProviderUnavailable
from oauthproxy.settings.findings import Finding, Level
from tests.integration.harness.ports import free_port
from tests.integration.harness.provider import Provider
from tests.integration.harness.stage import configuration
from tests.unit.reactor import on_reactor, reactor


def asked(question: Any) -> tuple[Clock, list[Finding]]:
    """Ask a question, and return what is found when it is."""
    clock = Clock()
    found: list[Any] = []
    asked = Deferred.fromCoroutine(_answer("provider", question, clock))
    asked.addCallback(lambda finding: found.append(finding))
    return clock, found


def test_server_that_says_nothing():
    """Who does not answer in time is an error, not the end of the check."""

    async def never() -> None:
        await Deferred()

    clock, found = asked(never())
    clock.advance(PATIENCE_SECONDS)

    assert found == [Finding(Level.ERROR, "provider", "no answer within 10 s")]


def test_server_that_answers():
    """Who answers is fine, and the time is told."""

    async def yes() -> None:
        return None

    (finding,) = asked(yes())[1]

    assert finding.level is Level.OK
    assert finding.message.startswith("answers within ")


def test_server_that_fails():
    """What went wrong is told in the operator's words."""

    async def no() -> None:
        raise ProviderUnavailable("discovery failed: refused")

    found = asked(no())[1]

    assert found == [Finding(Level.ERROR, "provider", "discovery failed: refused")]


def found_by(tmp_path: Path, *options: str) -> list[Finding]:
    """Ask a running provider as `check` does."""
    provider = Provider().start()
    text = configuration("", provider=provider, upstream=None, port=0)
    file = tmp_path / "proxy.cfg"
    file.write_text(text)
    settings = loader([f"--config={file}", *options])()

    async def look() -> list[Finding]:
        return await _ask(_house(settings, reactor), settings, reactor)

    try:
        return on_reactor(look)
    finally:
        provider.stop()


def test_provider_that_offers_more_than_is_used(tmp_path: Path):
    """PKCE that the provider offers is a warning when it is off."""
    without, within = "--insecure-skip-default-pkce", "--code-challenge-method=plain"

    usual = found_by(tmp_path)
    off = found_by(tmp_path, without)
    plain = found_by(tmp_path, without, within)

    assert [finding.level for finding in usual] == [Level.OK]
    assert [finding.level for finding in plain] == [Level.OK]
    assert [finding.level for finding in off] == [Level.OK, Level.WARNING]
    assert off[1].message.startswith("offers PKCE, but it is off")


def test_store_that_does_not_answer(tmp_path: Path):
    """Redis is asked, too, when sessions are there."""
    url = f"--redis-connection-url=redis://127.0.0.1:{free_port()}"

    found = found_by(tmp_path, "--session-store-type=redis", url)

    levels = {finding.subject: finding.level for finding in found}
    assert levels == {"provider": Level.OK, "store": Level.ERROR}
