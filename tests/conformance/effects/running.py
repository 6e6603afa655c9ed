"""
The service of the program in this process: a configuration file in, open doors out.

Rule 1: it takes the way of a start: load, bind, serve. Only the streams that it writes
its log to are files here.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from oauthproxy.assembly import House, sources
from oauthproxy.service.start import make_service
from oauthproxy.settings.alpha.write import convert_to_alpha
from oauthproxy.settings.files import read_file
from oauthproxy.settings.load import load
from oauthproxy.settings.table import table
from tests.live import await_, in_reactor
from tests.unit.reactor import reactor

SURROUNDINGS = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "TZ")


@frozen
class Running:
    """
    A service that serves, and the folder that its streams are in.
    """

    service: Any
    folder: Path

    @property
    def house(self) -> House:
        """
        The house that is current.
        """
        house: House = self.service._tenants.current.house
        return house

    def doors(self) -> list[str]:
        """
        Return where it listens, as it tells.
        """
        return [door.name for door in self.service._place.doors]

    def port(self, scheme: str = "HTTP", *, number: int = 0) -> int:
        """
        Return one of its TCP ports.
        """
        pattern = re.compile(rf"{scheme}: listening on \S+:(\d+)")
        found = [m[1] for m in map(pattern.fullmatch, self.doors()) if m]
        return int(found[number])

    def out(self) -> str:
        """
        Return what it has written to standard output.
        """
        in_reactor(self.house.logs.flush)
        return (self.folder / "stdout").read_text()

    def err(self) -> str:
        """
        Return what it has written to standard error.
        """
        in_reactor(self.house.logs.flush)
        return (self.folder / "stderr").read_text()

    def stop(self) -> None:
        """
        Ask it to end, and wait until it has.
        """
        if self.service.running:
            await_(_stopped(self.service))

    def reload(self, text: str) -> None:
        """
        Put another configuration in the place of this one.
        """
        (self.folder / "proxy.cfg").write_text(text)
        in_reactor(self.service.reload)


@contextmanager
def running(
    text: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    alpha: str = "",
) -> Iterator[Running]:
    """
    Serve a configuration, and an alpha configuration beside it.
    """
    file = folder / "proxy.cfg"
    file.write_text(text)
    arguments = [f"--config={file}"]
    if alpha:
        (folder / "alpha.yaml").write_text(alpha)
        arguments.append(f"--alpha-config={folder / 'alpha.yaml'}")
    with pytest.MonkeyPatch.context() as patch, _streams(folder, patch):
        for name in SURROUNDINGS:
            patch.delenv(name, raising=False)
        for name, value in (environment or {}).items():
            patch.setenv(name, value)
        time.tzset()

        def read() -> Any:
            return load(arguments, environment or {}, read_file)

        service = in_reactor(lambda: make_service(read(), reactor, load=read))
        in_reactor(service.startService)
        program = Running(service, folder)
        try:
            yield program
        finally:
            program.stop()
    time.tzset()


def converted(text: str) -> tuple[str, str]:
    """
    Return the core options of a configuration file, and the rest of it as an alpha
    configuration.
    """
    known = table().by_name
    settings = load(["--config=f"], {}, {"f": text.encode()}.__getitem__, checked=False)
    lines = []
    for line in text.splitlines():
        option = known.get(line.partition("=")[0].strip())
        if option is None or not option.legacy:
            lines.append(line)
    return "\n".join(lines), convert_to_alpha(settings)


@contextmanager
def _streams(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """
    Put files in the place of standard output and standard error, and tidy log files
    up at once.
    """
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        patch.setattr(sources, "STANDARD_OUTPUT", out.fileno())
        patch.setattr(sources, "STANDARD_ERROR", err.fileno())
        patch.setattr(sources, "_beside", lambda work: work())
        yield


async def _stopped(service: Any) -> None:
    await service.stopService()
