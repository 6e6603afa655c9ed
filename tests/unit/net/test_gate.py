"""
Waiting at a gate.
"""

from twisted.internet.defer import CancelledError, Deferred

from oauthproxy.net.gate import Gate


def waiter(gate: Gate) -> list[str]:
    """Return a list that says "in" once its waiter is through."""
    seen: list[str] = []

    async def go() -> None:
        await gate.wait()
        seen.append("in")

    Deferred.fromCoroutine(go())
    return seen


def test_all_wait_until_the_gate_opens():
    """Everybody waits, and everybody goes through when it opens."""
    gate = Gate()
    first, second = waiter(gate), waiter(gate)
    before = [*first, *second]

    gate.open()

    assert before == []
    assert first == second == ["in"]


def test_open_gate_holds_nobody():
    """Who comes after the opening goes through at once."""
    gate = Gate()
    gate.open()

    assert waiter(gate) == ["in"]


def test_cancelled_waiter_leaves_alone():
    """One who gives up does not take the others along, nor stop the opening."""
    gate = Gate()
    leaving = Deferred.fromCoroutine(gate.wait())
    staying = waiter(gate)
    reasons: list[object] = []
    leaving.addErrback(lambda failure: reasons.append(failure.type))

    leaving.cancel()
    gate.open()

    assert reasons == [CancelledError]
    assert staying == ["in"]
