"""
The running program as a Twisted service: start, reload, drain, stop.

Rule 1: a reload changes everything or nothing. Clients are let in to the house that is
current at that moment; those inside finish in the house they came into.
Rule 2: a stop closes the doors first, then lets running requests finish.
"""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall

from oauthproxy.commands.configured import Load
from oauthproxy.errors import SettingsError
from oauthproxy.metrics import ProgramSeries
from oauthproxy.net.clock import ReactorClock
from oauthproxy.net.doors import Door
from oauthproxy.net.entrances import Entrances
from oauthproxy.net.notify import Notifier
from oauthproxy.net.tls import CertificateUnusable
from oauthproxy.ports import Clock, Log
from oauthproxy.service.fitted import fitted
from oauthproxy.service.garbage import loosen
from oauthproxy.service.tenants import MoveIn, Tenancy, Tenants
from oauthproxy.settings.files import read_file
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.model import Settings

LISTENED_TO = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
"""Workers begin with these blocked."""


def house_maker(program: ProgramSeries) -> MoveIn:
    """
    Return what makes houses from settings, each with its log and its remarks there.

    A house takes over what has to last from the one before.
    """
    from oauthproxy.assembly import Lasting, assemble, program_logs

    lasting = Lasting(program)

    def move_in(settings: Settings, reactor: Any, clock: Clock) -> Tenancy:
        logs = program_logs(settings, clock)
        for note in settings.notes:
            logs.info(note)
        try:
            house = assemble(settings, reactor, logs=logs, clock=clock, lasting=lasting)
        except BaseException:
            logs.close()
            raise
        return Tenancy(settings, logs, house, logs.close)

    return move_in


@frozen(kw_only=True)
class Place:
    """
    Where a service runs: its doors, whether other processes serve them as well, and
    whether somebody else says that they are open.
    """

    doors: list[Door]
    shared: bool = False
    announced: bool = False


class ProxyService(Service):
    """
    Serve one configuration after the other at the same doors.

    Raises SettingsError, CannotListen or CertificateUnusable when it is made from what
    cannot be served.
    """

    name = "oauthproxy"

    def __init__(
        self,
        settings: Settings,
        reactor: Any,
        *,
        load: Load,
        place: Place,
        move_in: MoveIn | None = None,
    ) -> None:
        self.exit_status = 0
        self._reactor = reactor
        self._load = load
        self._place = place
        clock = ReactorClock(reactor)
        self._program = ProgramSeries()
        move_in = move_in or house_maker(self._program)
        self._tenants = Tenants(settings, reactor, clock, move_in)
        self._clock = clock
        self._loaded()
        self._entrances = Entrances(
            reactor,
            place.doors,
            settings,
            environment=os.environ,
            read_file=read_file,
            clock=clock,
            log=self.log,
        )
        self._systemd = Notifier(os.environ, os.getpid())
        self._alive = LoopingCall(self._systemd.alive)
        self._reloading = False
        self._stopping: Deferred[None] | None = None

    @property
    def log(self) -> Log:
        """
        The log of the current configuration.
        """
        return self._tenants.current.log

    def startService(self) -> None:
        """
        Let clients in, and begin to learn what logins need.
        """
        super().startService()  # type: ignore[no-untyped-call]
        self._lead_to_current()
        lines = self._entrances.open()
        begun = Deferred.fromCoroutine(self._begin())
        begun.addErrback(lambda failure: self.log.error(failure.getTraceback()))
        self._reactor.callWhenRunning(self._running, lines)

    def stopService(self) -> "Deferred[None]":
        """
        Let nobody in any more, finish what runs, end.
        """
        super().stopService()  # type: ignore[no-untyped-call]
        self._stopping = Deferred.fromCoroutine(self._stop())
        return self._stopping

    def complain(self, message: str) -> None:
        """
        Put a line into the current error log.
        """
        self.log.error(message)

    def reload(self) -> "Deferred[None]":
        """
        Read the configuration again and use it, or say why not.
        """
        return Deferred.fromCoroutine(self._reload())

    async def _begin(self) -> None:
        try:
            await self._tenants.begin()
        except SettingsError as problem:
            self.log.error(f"cannot start: {problem}")
            self.exit_status = 1
            self._reactor.callWhenRunning(self._reactor.stop)

    def _lead_to_current(self) -> None:
        house = self._tenants.current.house
        self._entrances.lead_to(house.site, house.metrics_site)

    def _running(self, lines: Sequence[str]) -> None:
        """
        Say that we serve, once signals are heard.
        """
        if threading.current_thread() is threading.main_thread():
            self._listen_to_signals()
        for line in () if self._place.announced else lines:
            self.log.info(line)
        self._systemd.ready("serving")
        if self._systemd.watchdog_seconds:
            self._alive.start(self._systemd.watchdog_seconds)

    async def _stop(self) -> None:
        self._systemd.stopping()
        if self._alive.running:
            self._alive.stop()
        await self._entrances.close(remove=not self._place.shared)
        await self._tenants.leave()

    # --- signals

    def _listen_to_signals(self) -> None:
        def told(call: Callable[[], object]) -> Callable[[int, object], None]:
            return lambda _number, _frame: self._reactor.callFromThread(call)

        signal.signal(signal.SIGTERM, told(self._asked_to_stop))
        signal.signal(signal.SIGINT, told(self._asked_to_stop))
        signal.signal(signal.SIGHUP, told(self.reload))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, LISTENED_TO)

    def _asked_to_stop(self) -> None:
        """
        Stop; when asked a second time, without waiting for running requests.
        """
        if self._stopping is not None:
            self._tenants.hurry()
        elif self.running:
            self._reactor.stop()

    # --- reload

    def _loaded(self) -> None:
        self._program.loaded_at.set(self._clock.now() / SECOND)

    async def _reload(self) -> None:
        if self._reloading or self._stopping is not None:
            return
        self._reloading = True
        self._systemd.reloading()
        try:
            await self._exchange(self._load())
        except SettingsError as problem:
            self._stay(problem.problems)
        except CertificateUnusable as problem:
            self._stay([str(problem)])
        finally:
            self._reloading = False
            self._systemd.ready("serving")

    def _stay(self, problems: Sequence[str]) -> None:
        self._program.reloads.add("failed")
        for problem in problems:
            self.log.error(f"the new configuration is not used: {problem}")

    async def _exchange(self, wanted: Settings) -> None:
        settings, fixed = fitted(wanted, self._tenants.current.settings)
        change_certificates = self._entrances.renewal(settings)
        coming = await self._tenants.successor(settings)
        if self._stopping is not None:
            await coming.house.stop()
            return
        change_certificates(coming.log)
        loosen()
        self._tenants.succeed(coming)
        self._lead_to_current()
        self._loaded()
        self._program.reloads.add("succeeded")
        for name in fixed:
            self.log.error(f"{name} cannot change at run time; restart for that")
        self.log.info("the configuration was read again and is in use")
