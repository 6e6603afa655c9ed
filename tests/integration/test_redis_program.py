"""
The whole program with sessions in Redis: several processes, outages, refreshes.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import frozen

from tests.integration.harness.client import Answer
from tests.integration.harness.ports import until
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import Call, Provider, Reply, reply_json
from tests.integration.harness.stage import HOST as APP
from tests.integration.harness.stage import configuration
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor
from tests.integration.redis_fleet import HOST, Server, sentinels

DURABLE = "appendonly yes"


@frozen
class Fleet:
    """
    Programs that share sessions.
    """

    programs: list[Program]
    provider: Provider

    def visitor(
        self, number: int = 0, cookies: dict[str, str] | None = None
    ) -> Visitor:
        """
        A browser at one of the programs.
        """
        return Visitor(self.programs[number].address, APP, dict(cookies or {}))


@contextlib.contextmanager
def fleet(folder: Path, size: int, options: str) -> Iterator[Fleet]:
    provider = Provider().start()
    application = Upstream()
    options = f'session_store_type = "redis"\n{options}'
    try:
        with contextlib.ExitStack() as stack:
            programs = []
            for _ in range(size):
                address = free_address()
                own = folder / f"program-{address[1]}"
                own.mkdir()
                text = configuration(
                    options, provider=provider, upstream=application, port=address[1]
                )
                program = Program(text, folder=own, address=address)
                programs.append(stack.enter_context(program))
            yield Fleet(programs, provider)
    finally:
        application.close()
        provider.stop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, DURABLE) as server:
        yield server


def _one(server: Server) -> str:
    return f'redis_connection_url = "redis://{HOST}:{server.port}"\n'


def _reads(server: Server) -> int:
    found = [
        line
        for line in server.cli("info", "commandstats").splitlines()
        if line.startswith("cmdstat_get:")
    ]
    return int(found[0].partition("calls=")[2].partition(",")[0]) if found else 0


def test_known_session_is_not_read_again(redis: Server, tmp_path: Path) -> None:
    """
    While nothing changes a page view makes no round trip to Redis.
    """
    with fleet(tmp_path, 1, _one(redis)) as one:
        alice = one.visitor().signed_in()
        until(lambda: _read_once(redis, alice), "the session to be remembered")
        before = _reads(redis)

        answers = [alice.ask("/page").status for _ in range(20)]

        assert answers == [200] * 20
        assert _reads(redis) == before


def _read_once(redis: Server, alice: Visitor) -> bool:
    before = _reads(redis)
    assert alice.ask("/page").status == 200
    return _reads(redis) == before


def test_sign_out_at_one_is_heard_by_all(redis: Server, tmp_path: Path) -> None:
    """
    A session that was ended by another process is refused at once.
    """
    with fleet(tmp_path, 2, _one(redis)) as two:
        alice = two.visitor(0).signed_in()
        elsewhere = two.visitor(1, alice.cookies)
        until(lambda: _read_once(redis, alice), "the session to be remembered")
        ticket = dict(alice.cookies)

        assert elsewhere.ask("/page").status == 200
        elsewhere.ask("/oauth2/sign_out")

        thief = two.visitor(0, ticket)
        until(lambda: thief.ask("/page").status == 403, "the refusal")


def test_new_login_gets_a_new_ticket(redis: Server, tmp_path: Path) -> None:
    """
    A ticket that was known before the login leads to nothing after it.
    """
    with fleet(tmp_path, 1, _one(redis)) as one:
        alice = one.visitor().signed_in()
        before = dict(alice.cookies)
        alice.signed_in()

        attacker = one.visitor(0, before)

        assert before["_oauth2_proxy"] != alice.cookies["_oauth2_proxy"]
        assert attacker.ask("/page").status == 403
        assert alice.ask("/page").status == 200


def test_outage_signs_nobody_out(redis: Server, tmp_path: Path) -> None:
    """
    While Redis is down known sessions go on, others get a retry page and keep their
    cookie, and `/ready` says so; with Redis back everything goes on by itself.
    """
    with fleet(tmp_path, 2, _one(redis)) as two:
        alice = two.visitor(0).signed_in()
        until(lambda: _read_once(redis, alice), "the session to be remembered")
        stranger = two.visitor(1, alice.cookies)

        redis.kill()
        known = [alice.ask("/page") for _ in range(3)]
        unknown = stranger.ask("/page", "Accept: text/html")
        ready = stranger.ask("/ready")
        login = two.visitor(0).login("/page")
        redis.start()

        assert [answer.status for answer in known] == [200, 200, 200]
        assert unknown.status == 503
        assert unknown.one("Retry-After") is not None
        assert not unknown.all("Set-Cookie")
        assert ready.status == 503
        assert login.status == 503
        assert b"could not be signed in" in login.body
        assert b'href="/oauth2/start?rd=%2Fpage">Sign in again</a>' in login.body
        assert b"You are still signed in" in unknown.body
        assert b'href="/page">Try again</a>' in unknown.body
        until(lambda: stranger.ask("/page").status == 200, "Redis to be back")
        until(lambda: stranger.ask("/ready").status == 200, "readiness")
        assert two.visitor(1).signed_in().ask("/page").status == 200


def test_start_without_redis(redis: Server, tmp_path: Path) -> None:
    """
    The program starts and says what is missing, shows strangers the sign-in page, and
    works as soon as Redis does.
    """
    redis.kill()
    with fleet(tmp_path, 1, _one(redis)) as one:
        stranger = one.visitor()
        one.programs[0].says("Redis does not answer")
        ready, ping = stranger.ask("/ready"), stranger.ask("/ping")
        page = stranger.ask("/page", "Accept: text/html")

        redis.start()
        until(lambda: stranger.ask("/ready").status == 200, "readiness")

        assert (ready.status, ping.status, page.status) == (503, 200, 403)
        assert b"Sign in with" in page.body
        assert stranger.signed_in().ask("/page").status == 200


def test_redis_that_hangs(redis: Server, tmp_path: Path) -> None:
    """
    A Redis that accepts and does not answer is an outage like any other, and keeps
    known sessions waiting no more than others.
    """
    with fleet(tmp_path, 2, _one(redis)) as two:
        alice = two.visitor(0).signed_in()
        until(lambda: _read_once(redis, alice), "the session to be remembered")
        elsewhere = two.visitor(1, alice.cookies)

        redis.freeze()
        known = alice.ask("/page")
        unknown = elsewhere.ask("/page")
        redis.thaw()

        assert (known.status, unknown.status) == (200, 503)
        assert not unknown.all("Set-Cookie")
        until(lambda: elsewhere.ask("/page").status == 200, "Redis to go on")
        assert alice.ask("/page").status == 200


class Rotation:
    """
    A token endpoint whose refresh tokens work once, and which takes its time.
    """

    def __init__(self, provider: Provider, delay: float) -> None:
        self._provider = provider
        self._delay = delay
        self._lock = threading.Lock()
        self.refreshes = 0
        self.refused = 0
        self._current = "refresh-1"
        provider.behaviours["/token"] = self.answer

    def answer(self, call: Call) -> Reply:
        if call.value("grant_type") != "refresh_token":
            return self._provider.redeem(call)
        with self._lock:
            self.refreshes += 1
            if call.value("refresh_token") != self._current:
                self.refused += 1
                return reply_json({"error": "invalid_grant"}, 400)
            self._current = f"refresh-1-{self.refreshes}"
        time.sleep(self._delay)
        self._provider.token["refresh_token"] = self._current
        return self._provider.redeem(call)


def test_rotating_refresh_tokens_survive_200_requests(
    redis: Server, tmp_path: Path
) -> None:
    """
    200 requests at two processes while a session is due lead to exactly one refresh,
    although it takes longer than the lock lasts, and all are served.
    """
    options = f'{_one(redis)}cookie_refresh = "2s"\n'
    with fleet(tmp_path, 2, options) as two:
        rotation = Rotation(two.provider, delay=3)
        alice = two.visitor(0).signed_in()
        time.sleep(3.1)

        def view(number: int) -> Answer:
            return two.visitor(number % 2, alice.cookies).ask(f"/page?{number}")

        with ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(view, range(200)))

        assert Counter(answer.status for answer in answers) == {200: 200}
        assert rotation.refreshes == 1


def test_redis_that_dies_within_a_refresh(redis: Server, tmp_path: Path) -> None:
    """
    The tokens of a refresh that Redis could not take are there once it is back: the
    next refresh uses them, and not those that the provider has given up.
    """
    options = f'{_one(redis)}cookie_refresh = "1s"\n'
    with fleet(tmp_path, 1, options) as one, ThreadPoolExecutor(1) as pool:
        rotation = Rotation(one.provider, delay=1)
        alice = one.visitor(0).signed_in()
        time.sleep(2.1)

        viewing = pool.submit(alice.ask, "/page")
        until(lambda: rotation.refreshes == 1, "the refresh")
        redis.kill()
        during = viewing.result()
        redis.start()
        until(
            lambda: alice.ask("/page").status and rotation.refreshes > 1,
            "the next refresh",
        )

        assert during.status in (200, 503)
        assert not [line for line in during.all("Set-Cookie") if "=;" in line]
        assert rotation.refused == 0
        until(lambda: alice.ask("/page").status == 200, "the session to go on")


def test_refused_refresh_ends_the_session(redis: Server, tmp_path: Path) -> None:
    """
    A refresh token that the provider refuses ends the session, here and in Redis.
    """
    options = f'{_one(redis)}cookie_refresh = "1s"\n'
    with fleet(tmp_path, 1, options) as one:
        alice = one.visitor(0).signed_in()
        one.provider.behaviours["/token"] = lambda _: reply_json(
            {"error": "invalid_grant"}, 400
        )
        time.sleep(2.1)

        answer = alice.ask("/page")

        assert answer.status == 403
        assert "_oauth2_proxy" not in alice.cookies
        assert redis.cli("keys", "_oauth2_proxy-????????????????????????????????") == ""


def test_requests_during_a_failover(tmp_path: Path) -> None:
    """
    While Sentinel replaces the master nobody is signed out: a page view succeeds or is
    a clean 503, and in the end all succeed.
    """
    with sentinels(tmp_path) as (master, replica, watchers):
        urls = ", ".join(f'"redis://{HOST}:{watcher.port}"' for watcher in watchers)
        options = (
            "redis_use_sentinel = true\n"
            'redis_sentinel_master_name = "main"\n'
            f"redis_sentinel_connection_urls = [{urls}]\n"
        )
        with fleet(tmp_path, 2, options) as two:
            people = [two.visitor(n % 2).signed_in() for n in range(6)]
            until(lambda: int(replica.cli("dbsize")) >= 6, "the replica")
            outcomes: Counter[str] = Counter()
            running = threading.Event()

            def visit(number: int) -> None:
                cookies = people[number % len(people)].cookies
                while not running.is_set():
                    # Another process than the one that knows the session.
                    browser = two.visitor((number + 1) % 2, cookies)
                    outcomes[_outcome(browser.ask("/page"))] += 1

            with ThreadPoolExecutor(12) as pool:
                visits = [pool.submit(visit, number) for number in range(12)]
                time.sleep(0.5)
                master.kill()
                until(
                    lambda: all(two.visitor(n).login().status == 302 for n in range(2)),
                    "the new master",
                )
                time.sleep(0.5)
                running.set()
                for visit_ in visits:
                    visit_.result()

            last = [two.visitor(n % 2, p.cookies) for n, p in enumerate(people)]

            assert outcomes["served"] > 100
            assert set(outcomes) <= {"served", "try again"}
            assert [each.ask("/page").status for each in last] == [200] * len(people)


def _outcome(answer: Answer) -> str:
    if answer.status == 200:
        return "served"
    clean = answer.status == 503 and not answer.all("Set-Cookie")
    return "try again" if clean and answer.one("Retry-After") else repr(answer)
