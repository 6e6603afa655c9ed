"""
The memory of verified sessions is bounded and never stale.
"""

from oauthproxy.session.cache import REMEMBERED_CHANGES, SessionCache


def test_value_is_found_by_its_exact_key() -> None:
    """
    What was put is found under its key and under no other.
    """
    cache: SessionCache[str] = SessionCache(4)
    cache.put("key", "value")

    assert cache.get("key") == "value"
    assert cache.get("Key") is None


def test_cache_is_bounded() -> None:
    """
    However much is put, no more than the configured number is kept.
    """
    cache: SessionCache[int] = SessionCache(10)

    for number in range(1000):
        cache.put(str(number), number, tag=str(number))

    kept = [n for n in range(1000) if cache.get(str(n)) is not None]
    assert 5 <= len(kept) <= 10
    assert kept[-1] == 999


def test_used_entries_stay() -> None:
    """
    An entry that is asked for outlives those that are not.
    """
    cache: SessionCache[int] = SessionCache(10)
    cache.put("used", 1)

    for number in range(1000):
        cache.put(str(number), number)
        assert cache.get("used") == 1


def test_nothing_is_kept_when_switched_off() -> None:
    """
    A cache of no entries remembers nothing.
    """
    cache: SessionCache[int] = SessionCache(0)

    cache.put("key", 1)

    assert cache.get("key") is None


def test_change_in_the_vault_forgets_all_cookies_of_a_session() -> None:
    """
    All entries made of one vault key go together, young and old ones.
    """
    cache: SessionCache[int] = SessionCache(4)
    cache.put("a", 1, tag="session-1")
    cache.put("b", 2, tag="session-1")
    cache.put("c", 3, tag="session-2")

    cache.changed("session-1")

    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (None, None, 3)


def test_dropped_key_is_gone() -> None:
    """
    One entry can be forgotten alone.
    """
    cache: SessionCache[int] = SessionCache(4)
    cache.put("a", 1)
    cache.drop("a")

    assert cache.get("a") is None


def test_value_read_before_a_change_is_not_kept() -> None:
    """
    A change that comes in between reading and putting wins; other keys do not suffer.
    """
    cache: SessionCache[int] = SessionCache(4)
    moment = cache.moment
    cache.changed("session-1")

    cache.put("stale", 1, "session-1", since=moment)
    cache.put("other", 2, "session-2", since=moment)
    cache.put("fresh", 3, "session-1", since=cache.moment)

    assert cache.get("stale") is None
    assert cache.get("other") == 2
    assert cache.get("fresh") == 3


def test_changes_too_old_to_be_remembered_count_as_changes() -> None:
    """
    When nobody knows any more what changed, what was read before is stale.
    """
    cache: SessionCache[int] = SessionCache(4)
    moment = cache.moment
    for number in range(REMEMBERED_CHANGES + 1):
        cache.changed(f"session-{number}")

    cache.put("stale", 1, "session-0", since=moment)

    assert cache.get("stale") is None


def test_nothing_is_remembered_while_changes_go_unnoticed() -> None:
    """
    Everything is forgotten when the watch is lost, and nothing kept until it is back.
    """
    cache: SessionCache[int] = SessionCache(4)
    cache.put("before", 1, "session-1")
    moment = cache.moment

    cache.lost()
    cache.put("during", 2, "session-1")
    cache.restored()
    cache.put("read before", 3, "session-1", since=moment)
    cache.put("after", 4, "session-1", since=cache.moment)

    found = [cache.get(key) for key in ("before", "during", "read before", "after")]
    assert found == [None, None, None, 4]


def test_what_was_known_is_there_for_an_outage() -> None:
    """
    While the watch is lost, what was known before is told only to those who ask for
    it; what is dropped meanwhile, or made anew after, is not.
    """
    cache: SessionCache[int] = SessionCache(8)
    for number in range(3):
        cache.put(str(number), number, f"session-{number}")

    cache.lost()
    cache.drop("1")

    assert [cache.get(str(number)) for number in range(3)] == [None] * 3
    assert [cache.last_known(str(number)) for number in range(3)] == [0, None, 2]
    cache.restored()
    assert cache.last_known("0") is None


def test_last_known_is_what_is_known() -> None:
    """
    Without an outage what is remembered is the last known.
    """
    cache: SessionCache[int] = SessionCache(8)
    cache.put("a", 1)

    assert cache.last_known("a") == 1
