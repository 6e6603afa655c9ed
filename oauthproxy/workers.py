"""
One process or several at the same doors.

With several, the parent binds the addresses and forks; it never has a reactor, so that
each child can have its own. Children accept from the shared sockets.

Rule 1: a child that ends unasked is replaced, later and later when that repeats. One
of the first that ends with an error at once ends the program: it would never serve.
Rule 2: SIGTERM, SIGINT and SIGHUP go on to the children, which drain or reload.
Rule 3: a child that comes later reads the configuration itself, as a reload would.
Rule 4: signals stay blocked in a child until it can act on them (`service.proxy`).
Rule 5: systemd hears the parent only; children whose parent is gone stop.
"""

import gc
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

from attrs import define, field

from oauthproxy.commands.configured import Load, loader
from oauthproxy.errors import SettingsError
from oauthproxy.net.doors import Door
from oauthproxy.net.notify import Notifier
from oauthproxy.service.proxy import Place
from oauthproxy.service.start import bound, end, serve_here
from oauthproxy.settings.model import Settings

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
"""A child that lived for so long was sound: its successor comes at once."""

STARTING_SECONDS = 10.0
LOOK_SECONDS = 1.0
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
SIGNALS = {signal.SIGCHLD, *FORWARDED}


def serve(arguments: Sequence[str]) -> int:
    """
    Serve until told to stop, in as many processes as configured.

    Returns the exit status; raises SettingsError.
    """
    load = loader(arguments)
    settings = load()
    doors = bound(settings)
    if settings.ours.workers > 1:
        return Supervisor(settings, load, doors).run()
    return serve_here(settings, load, Place(doors=doors))


@define
class Child:
    """
    A process, by its number among its siblings, and when it was born (seconds).
    """

    number: int
    born: float
    first: bool


@define(eq=False)
class Supervisor:
    """
    Keep `settings.ours.workers` processes at the doors until told to stop.
    """

    settings: Settings
    load: Load
    doors: list[Door]
    _children: dict[int, Child] = field(factory=dict)
    _due: dict[int, float] = field(factory=dict)
    _pauses: dict[int, float] = field(factory=dict)
    _status: int | None = None

    def run(self) -> int:
        """
        Return the exit status when all children have ended.
        """
        if "twisted.internet.reactor" in sys.modules:
            raise SettingsError(["workers: this kind of endpoint cannot be shared"])
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        gc.freeze()
        systemd = Notifier(os.environ, os.getpid())
        for number in range(self.settings.ours.workers):
            self._fork(number, first=True)
        systemd.ready("serving")
        while self._children or self._status is None:
            self._await_signal(systemd)
            self._replace()
        for door in self.doors:
            door.close()
        return self._status

    def _await_signal(self, systemd: Notifier) -> None:
        """
        Act on the next signal, or return soon without one.
        """
        patience = systemd.watchdog_seconds or LOOK_SECONDS
        came = signal.sigtimedwait(SIGNALS, min(patience, LOOK_SECONDS))
        systemd.alive()
        if came is None:
            return
        if came.si_signo == signal.SIGCHLD:
            self._reap()
            return
        if came.si_signo == signal.SIGHUP:
            systemd.reloading()
        else:
            systemd.stopping()
            self._status = self._status or 0
        self._tell(came.si_signo)
        if came.si_signo == signal.SIGHUP:
            systemd.ready("serving")

    def _tell(self, number: int) -> None:
        for process in self._children:
            os.kill(process, number)

    def _reap(self) -> None:
        while self._children:
            process, state = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            child = self._children.pop(process)
            if self._status is None:
                self._bereaved(child, os.waitstatus_to_exitcode(state))

    def _bereaved(self, child: Child, status: int) -> None:
        """
        Decide what follows a child's unexpected end.
        """
        lived = time.monotonic() - child.born
        if child.first and status > 0 and lived < STARTING_SECONDS:
            self._status = status
            self._tell(signal.SIGTERM)
            return
        pause = self._pauses.get(child.number, 0.0)
        pause = 0.0 if lived > STEADY_SECONDS else max(2 * pause, FIRST_PAUSE)
        self._pauses[child.number] = min(pause, LONGEST_PAUSE)
        self._due[child.number] = time.monotonic() + self._pauses[child.number]
        how = f"status {status}" if status >= 0 else f"signal {-status}"
        text = f"worker {child.number} ended with {how} and is replaced"
        print(f"oauthproxy: {text}", file=sys.stderr, flush=True)

    def _replace(self) -> None:
        if self._status is not None:
            return
        for number, when in list(self._due.items()):
            if time.monotonic() >= when:
                del self._due[number]
                self._fork(number, first=False)

    def _fork(self, number: int, *, first: bool) -> None:
        sys.stdout.flush()
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            self._be_child(number, parent, first=first)
        self._children[process] = Child(number, time.monotonic(), first)

    def _be_child(self, number: int, parent: int, *, first: bool) -> NoReturn:
        status = 1
        try:
            status = self._serve(number, parent, first=first)
        except SettingsError as problem:
            end(problem.problems)
        finally:
            # Not sys.exit: what the parent has on its stack is not this child's.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _serve(self, number: int, parent: int, *, first: bool) -> int:
        os.environ.pop("NOTIFY_SOCKET", None)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _stop_without(parent)
        settings = self.settings if first else self._read_again()
        place = Place(doors=self.doors, shared=True, announced=number > 0 or not first)
        return serve_here(settings, self.load, place)

    def _read_again(self) -> Settings:
        from oauthproxy.service.fitted import fitted

        try:
            return fitted(self.load(), self.settings)[0]
        except SettingsError:
            return self.settings


def _stop_without(parent: int) -> None:
    """
    Stop this process's reactor when its parent is gone.
    """
    from twisted.internet import reactor as installed
    from twisted.internet.task import LoopingCall

    reactor: object = installed

    def look() -> None:
        if os.getppid() != parent:
            looking.stop()
            reactor.stop()  # type: ignore[attr-defined]

    looking = LoopingCall(look)
    looking.start(LOOK_SECONDS)
