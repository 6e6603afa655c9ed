"""
From a command line to a service: twistd's way in, and ours.

What keeps the program from starting is said in one line each, with status 1.
"""

import atexit
import os
import select
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from twisted.python import usage

from oauthproxy.commands.configured import Load, loader
from oauthproxy.errors import SettingsError
from oauthproxy.net.bind import CannotListen
from oauthproxy.net.doors import Door, bind
from oauthproxy.net.failurelog import log_failures
from oauthproxy.net.listen import listeners
from oauthproxy.net.tls import CertificateUnusable
from oauthproxy.service.garbage import settle
from oauthproxy.service.proxy import Place, ProxyService
from oauthproxy.settings.model import Settings


def end(problems: Sequence[str]) -> NoReturn:
    """
    End the program with a line on standard error for each problem.
    """
    for problem in problems:
        print(f"oauthproxy: {problem}", file=sys.__stderr__)
    raise SystemExit(1)


class Options(usage.Options):
    """
    The arguments of `twistd oauthproxy`, left for our own parser to read.
    """

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        Keep the arguments; answer --help and --version.
        """
        from oauthproxy.commands.inform import answered_at_once

        self.arguments = list(options or ())
        self._quieten_twistd()
        try:
            if answered_at_once(self.arguments):
                raise SystemExit(0)
        except SettingsError as problem:
            end(problem.problems)

    def _quieten_twistd(self) -> None:
        """
        Leave out twistd's own lines in the foreground, unless a log was asked for.
        """
        of_twistd: Any = self.parent or {}
        asked = any(of_twistd.get(name) for name in ("logger", "logfile", "syslog"))
        if of_twistd.get("nodaemon") and not asked:
            of_twistd["logger"] = "oauthproxy.net.failurelog.failures_only"


def makeService(options: Options) -> ProxyService:
    """
    Return the service for `twistd oauthproxy`, or end the program.
    """
    from twisted.internet import reactor

    load = loader(options.arguments)
    try:
        settings = load()
        if settings.ours.workers > 1:
            text = "workers: twistd runs one process; start oauthproxy itself for more"
            raise SettingsError([text])
        service = make_service(settings, reactor, load=load)
    except SettingsError as problem:
        end(problem.problems)
    atexit.register(_end_with_status_of, service)
    reactor.callWhenRunning(settle)
    return service


def _end_with_status_of(service: ProxyService) -> None:
    """
    Give the process a failed service's status: twistd itself always ends with 0.
    """
    if service.exit_status:
        os._exit(service.exit_status)


def make_service(
    settings: Settings, reactor: Any, *, load: Load | None = None
) -> ProxyService:
    """
    Return the service of one process, its addresses bound; raises SettingsError.
    """
    place = Place(doors=bound(settings))
    return _service(settings, reactor, load or (lambda: settings), place)


def serve_here(settings: Settings, load: Load, place: Place) -> int:
    """
    Serve in this process until told to stop; return the exit status.

    Raises SettingsError.
    """
    from twisted.internet import reactor as installed

    reactor: Any = installed
    service = _service(settings, reactor, load, place)
    log_failures(service.complain)
    service.startService()
    reactor.callWhenRunning(settle)
    reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
    reactor.run()
    return service.exit_status


def bound(settings: Settings) -> list[Door]:
    """
    Return the doors of all addresses, bound; raises SettingsError.
    """
    try:
        return bind(listeners(settings))
    except CannotListen as problem:
        raise SettingsError([str(problem)]) from problem


def _service(
    settings: Settings, reactor: Any, load: Load, place: Place
) -> ProxyService:
    if hasattr(select, "epoll"):
        from oauthproxy.net.epoll import take_over

        take_over(reactor)
    try:
        return ProxyService(settings, reactor, load=load, place=place)
    except Exception as problem:
        for door in place.doors:
            door.close(remove=not place.shared)
        if isinstance(problem, CannotListen | CertificateUnusable):
            raise SettingsError([str(problem)]) from problem
        raise
