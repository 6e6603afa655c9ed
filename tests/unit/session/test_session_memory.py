"""
The vault in memory.
"""

from attrs import define, field

from oauthproxy.session.memory import MemoryVault
from tests.unit.driver import FakeClock, run

SECOND = 1_000_000_000


@define
class Notes:
    """
    A watcher that writes down what it hears.
    """

    heard: list[str] = field(factory=list)

    def changed(self, key: str) -> None:
        self.heard.append(key)

    def lost(self) -> None:
        self.heard.append("lost")

    def restored(self) -> None:
        self.heard.append("restored")


def test_value_lives_as_long_as_it_was_given() -> None:
    """
    A value is there until its lifetime is over, and for ever when it has none.
    """
    clock = FakeClock()
    vault = MemoryVault(clock)
    run(vault.set("short", b"1", SECOND))
    run(vault.set("long", b"2", 0))

    clock.time += SECOND - 1
    before = run(vault.get("short"))
    clock.time += 1

    assert before == b"1"
    assert run(vault.get("short")) is None
    assert run(vault.get("long")) == b"2"


def test_deleted_value_is_gone() -> None:
    """
    A deleted value is not found; deleting nothing is no error.
    """
    vault = MemoryVault(FakeClock())
    run(vault.set("key", b"1", 0))

    run(vault.delete("key"))
    run(vault.delete("key"))

    assert run(vault.get("key")) is None


def test_vault_is_bounded() -> None:
    """
    The oldest value makes room for a new one.
    """
    vault = MemoryVault(FakeClock(), entries=2)

    for number in range(3):
        run(vault.set(str(number), b"x", 0))

    assert run(vault.get("0")) is None
    assert run(vault.get("2")) == b"x"


def test_watcher_hears_of_every_change() -> None:
    """
    Whoever watches is told of stored, deleted and displaced values.
    """
    vault = MemoryVault(FakeClock(), entries=1)
    notes = Notes()
    vault.watch(notes)

    run(vault.set("a", b"1", 0))
    run(vault.set("b", b"2", 0))
    run(vault.delete("b"))

    assert notes.heard == ["restored", "a", "a", "b", "b"]


def test_lock_is_held_by_one() -> None:
    """
    A lock is had once, until it is given back or has run out.
    """
    clock = FakeClock()
    vault = MemoryVault(clock)
    first, second = vault.lock("key"), vault.lock("key")

    assert run(first.obtain(SECOND))
    assert not run(second.obtain(SECOND))
    run(first.release())
    assert run(second.obtain(SECOND))
    clock.time += SECOND
    assert run(first.obtain(SECOND))
    assert not run(second.extend(SECOND))


def test_extended_lock_does_not_run_out() -> None:
    """
    Extending starts the lifetime again.
    """
    clock = FakeClock()
    vault = MemoryVault(clock)
    first, second = vault.lock("key"), vault.lock("key")
    run(first.obtain(2 * SECOND))

    clock.time += SECOND
    assert run(first.extend(2 * SECOND))
    clock.time += SECOND

    assert not run(second.obtain(SECOND))


def test_release_of_a_lost_lock_leaves_the_new_holder_alone() -> None:
    """
    Who lost the lock cannot give it back for another.
    """
    clock = FakeClock()
    vault = MemoryVault(clock)
    first, second, third = (vault.lock("key") for _ in range(3))
    run(first.obtain(SECOND))
    clock.time += SECOND
    run(second.obtain(SECOND))

    run(first.release())

    assert not run(third.obtain(SECOND))
