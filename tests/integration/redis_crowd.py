"""
A crowd at programs that share sessions in a Redis whose master dies: what became of
each request.

Rule 1: everybody is somebody: each person signs in alone, and the application says
whom it saw.
Rule 2: everybody visits every program, and one of those remembers no session, so that
it reads each one from Redis.
Rule 3: exactly as many requests are sent as were asked for: a quarter before the
master dies, half of them at most until there is a new one, the rest after that.
"""

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attrs import define, field, frozen

from tests.integration.harness.client import Answer
from tests.integration.harness.ports import until
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import Call, Provider, Reply, reply_json
from tests.integration.harness.stage import HOST as APP
from tests.integration.harness.stage import configuration
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor
from tests.integration.redis_fleet import HOST, Server, sentinels

VISITORS = 100
OUTAGE = 3.0
"""Seconds over which the requests during the outage are spread."""
PATIENCE = 30.0

SERVED, TRY_AGAIN = "served", "try again"
WRONG_USER, SIGNED_OUT = "wrong user", "signed out"

OPTIONS = """\
session_store_type = "redis"
redis_use_sentinel = true
redis_sentinel_master_name = "main"
redis_sentinel_connection_urls = [{urls}]
"""
FORGETFUL = "session_cache_entries = 0\n"
THINKING = 0.2
"""Seconds that the provider takes for a refresh."""


@define(eq=False)
class Registry:
    """
    What the provider knows of everybody: refresh tokens work once.
    """

    provider: Provider
    comes: int = 0
    refreshes: int = 0
    refused: int = 0
    _lock: threading.Lock = field(factory=threading.Lock)
    _current: dict[str, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.provider.behaviours["/token"] = self._token
        self.provider.behaviours["/userinfo"] = self._userinfo

    def _token(self, call: Call) -> Reply:
        refreshed = call.value("refresh_token")
        if refreshed:
            time.sleep(THINKING)
        with self._lock:
            number = self._current.pop(refreshed, -1) if refreshed else self.comes
            if number < 0:
                self.refused += 1
                return reply_json({"error": "invalid_grant"}, 400)
            self.refreshes += bool(refreshed)
            again = f"again-{number}-{self.refreshes}"
            self._current[again] = number
            self.provider.claims |= _claims(number)
            self.provider.token |= {
                "access_token": f"access-of-{number}",
                "refresh_token": again,
            }
            return self.provider.redeem(call)

    def _userinfo(self, call: Call) -> Reply:
        token = call.fields.get("authorization", "")
        return reply_json(_claims(int(token.rpartition("-")[2])))


def email_of(number: int) -> str:
    """
    The address of a person.
    """
    return f"person-{number}@example.com"


def _claims(number: int) -> dict[str, str]:
    return {"sub": f"person-{number}", "email": email_of(number)}


@frozen
class Ending:
    """
    What became of all requests: how many ended how, before the master died, until
    there was a new one, and after that; and whose session is there in the end.
    """

    before: Counter[str]
    meanwhile: Counter[str]
    after: Counter[str]
    outage: float
    people: int
    still_signed_in: int
    refreshes: int
    refused_refreshes: int

    @property
    def all(self) -> Counter[str]:
        """
        How many requests ended how.
        """
        return self.before + self.meanwhile + self.after


@define(eq=False)
class Crowd:
    """
    People with sessions, and the programs they visit.
    """

    programs: list[Program]
    registry: Registry
    people: list[dict[str, str]] = field(factory=list)

    def sign_in(self, count: int) -> None:
        """
        Have so many people sign in, one after the other.
        """
        for number in range(count):
            self.registry.comes = number
            visitor = self._visitor(number, {}).signed_in()
            self.people.append(visitor.cookies)

    def visit(self, number: int) -> str:
        """
        Send request `number`; say how it ended.
        """
        person = number % len(self.people)
        visitor = self._visitor(number // len(self.people), self.people[person])
        try:
            answer = visitor.ask(f"/page?{number}")
        except (OSError, AssertionError) as broken:
            return f"failed: {broken!r}"
        return outcome(answer, person)

    def all_ready(self) -> bool:
        """
        Whether every program says that it can serve.
        """
        ready = [self._visitor(n, {}).ask("/ready") for n in range(len(self.programs))]
        return all(answer.status == 200 for answer in ready)

    def _visitor(self, turn: int, cookies: dict[str, str]) -> Visitor:
        program = self.programs[turn % len(self.programs)]
        return Visitor(program.address, APP, dict(cookies))


def outcome(answer: Answer, person: int) -> str:
    """
    Say in a word how a request of somebody ended.
    """
    if answer.status == 200:
        fields = dict(map(tuple, answer.json()["headers"]))
        right = fields["X-Forwarded-Email"] == email_of(person)
        return SERVED if right else WRONG_USER
    if answer.status == 503:
        clean = answer.one("Retry-After") and not answer.all("Set-Cookie")
        return TRY_AGAIN if clean else f"failed: {answer!r}"
    if answer.status in (302, 401, 403):
        return SIGNED_OUT
    return f"failed: {answer!r}"


@define(eq=False)
class Failover:
    """
    Requests in their order, with the death of the master among them.
    """

    crowd: Crowd
    master: Server
    replica: Server
    watcher: Server
    total: int
    died: float = 0.0
    outage: float = 0.0
    _phases: list[Counter[str]] = field(factory=lambda: [Counter() for _ in range(3)])
    _numbers: Iterator[int] = field(factory=itertools.count)
    _lock: threading.Lock = field(factory=threading.Lock)
    _over: threading.Event = field(factory=threading.Event)

    def run(self) -> Ending:
        """
        Send all requests, and see who is still signed in.
        """
        crowd = self.crowd
        until(self._replicated, "the replica", PATIENCE)
        with ThreadPoolExecutor(VISITORS) as pool:
            visits = [pool.submit(self._visit_on) for _ in range(VISITORS)]
            for visit in visits:
                visit.result()
        last = [crowd.visit(number) for number in range(len(crowd.people))]
        before, meanwhile, after = self._phases
        return Ending(
            before,
            meanwhile,
            after,
            outage=self.outage,
            people=len(crowd.people),
            still_signed_in=last.count(SERVED),
            refreshes=crowd.registry.refreshes,
            refused_refreshes=crowd.registry.refused,
        )

    def _visit_on(self) -> None:
        while (number := self._next()) < self.total:
            if number == self.total // 4:
                self._kill()
            elif number >= self.total * 3 // 4:
                assert self._over.wait(PATIENCE), "there is no new master"
            elif self.died and not self._over.is_set():
                time.sleep(2 * OUTAGE * VISITORS / self.total)
            phase = 2 if self._over.is_set() else 1 if self.died else 0
            ended = self.crowd.visit(number)
            with self._lock:
                self._phases[phase][ended] += 1

    def _next(self) -> int:
        with self._lock:
            return next(self._numbers)

    def _kill(self) -> None:
        self.died = time.monotonic()
        self.master.kill()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        until(self._replaced, "the new master", PATIENCE)
        until(self.crowd.all_ready, "the programs", PATIENCE)
        self.outage = time.monotonic() - self.died
        self._over.set()

    def _replicated(self) -> bool:
        return self.replica.cli("dbsize") == self.master.cli("dbsize")

    def _replaced(self) -> bool:
        told = self.watcher.cli("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main")
        return told.split()[1:] == [str(self.replica.port)]


def survive(folder: Path, *, total: int, people: int, options: str = "") -> Ending:
    """
    Send `total` requests of so many people while Sentinel replaces the master.
    """
    provider, application = Provider().start(), Upstream()
    with contextlib.ExitStack() as stack:
        stack.callback(provider.stop)
        stack.callback(application.close)
        master, replica, watchers = stack.enter_context(sentinels(folder))
        urls = ", ".join(f'"redis://{HOST}:{each.port}"' for each in watchers)
        programs = []
        for own in ("", FORGETFUL):
            address = free_address()
            home = folder / f"program-{address[1]}"
            home.mkdir()
            text = configuration(
                OPTIONS.format(urls=urls) + options + own,
                provider=provider,
                upstream=application,
                port=address[1],
            )
            program = Program(text, folder=home, address=address)
            programs.append(stack.enter_context(program))
        crowd = Crowd(programs, Registry(provider))
        crowd.sign_in(people)
        return Failover(crowd, master, replica, watchers[0], total).run()
