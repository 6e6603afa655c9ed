"""
Start the programs and all that is around them, and sign in to each.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import evolve, frozen
from programs import CALLBACK, Kind, Place, pages_command, redis_command
from running import MEASURED_CORE, OTHER_CORE, Running, accepts, free_port
from signin import Visit

HERE = Path(__file__).parent


@frozen(kw_only=True)
class Subject:
    """
    A program that runs and somebody is signed in to.
    """

    kind: Kind
    running: Running
    url: str
    cookie: str
    issuer: str
    starts: Sequence["Start"]


@frozen
class Start:
    """
    How long a start took until the first answer, and how much processor time (seconds).
    """

    seconds: float
    processor: float


@contextmanager
def subjects(
    kinds: Sequence[Kind], folder: Path, body: int, *, tls: bool, starts: int = 1
) -> Iterator[tuple[Place, list[Subject]]]:
    """
    Start all programs and what they need; sign in to each.

    `body` is the size of the large body that the upstream serves, `starts` says how
    often each program is started before it stays. The place is that of the upstreams.
    """
    folder = folder / ("tls" if tls else "plain")
    folder.mkdir(mode=0o755)
    folder.parent.chmod(0o755)
    with ExitStack() as stack:
        place = _surroundings(folder, body, stack, tls=tls)
        places = {kind.name: _own_place(kind.name, place) for kind in kinds}
        redirects = [own.url + CALLBACK for own in places.values()]
        provider = [sys.executable, str(HERE / "provider.py"), *redirects]
        log = folder / "provider.log"
        issuer = _start(stack, provider, log, yielding=True).first_line()
        place = evolve(place, issuer=issuer)
        yield (
            place,
            [
                _subject(kind, evolve(places[kind.name], issuer=issuer), stack, starts)
                for kind in kinds
            ],
        )


def _surroundings(folder: Path, body: int, stack: ExitStack, *, tls: bool) -> Place:
    root = folder / "root"
    root.mkdir()
    (root / "index.html").write_bytes(b"x" * 1024)
    sparse(root / "body", body)
    sink = [sys.executable, str(HERE / "sink.py")]
    certificate, key = _certificate(folder)
    place = Place(
        folder=folder,
        port=free_port(),
        metrics=free_port(),
        pages=0,
        sink=int(_start(stack, sink, folder / "sink.log").first_line()),
        redis=0,
        issuer="",
        certificate=certificate,
        key=key,
        tls=tls,
    )
    log = folder / "pages.log"
    running = _start(stack, pages_command(place, root), log)
    running.wait_for(f"http://127.0.0.1:{place.port}/")
    return evolve(place, pages=place.port, redis=_redis(place, stack))


def _redis(place: Place, stack: ExitStack) -> int:
    place = _own_place("redis", place)
    running = _start(stack, redis_command(place), place.folder / "log")
    running.wait_until(lambda: accepts(place.port), "Redis")
    return place.port


def _own_place(name: str, place: Place) -> Place:
    folder = place.folder / name
    folder.mkdir()
    return evolve(place, folder=folder, port=free_port(), metrics=free_port())


def _subject(kind: Kind, place: Place, stack: ExitStack, starts: int) -> Subject:
    took = []
    for _ in range(starts - 1):
        with ExitStack() as once:
            took.append(_started(kind, place, once)[1])
    running, start = _started(kind, place, stack)
    cookie = ""
    if kind.signs_in:
        time.sleep(0.5)
        cookie = Visit().sign_in(place.url + "/")
    return Subject(
        kind=kind,
        running=running,
        url=place.url,
        cookie=cookie,
        issuer=place.issuer,
        starts=[*took, start],
    )


def _started(kind: Kind, place: Place, stack: ExitStack) -> tuple[Running, Start]:
    log = place.folder / "log"
    running = _start(stack, kind.command(place), log, core=MEASURED_CORE)
    ready = "/ping" if kind.has_auth_endpoint else "/"
    seconds = running.wait_for(place.url + ready)
    return running, Start(seconds, running.processor())


def _start(
    stack: ExitStack,
    command: Sequence[str],
    log: Path,
    *,
    core: int = OTHER_CORE,
    yielding: bool = False,
) -> Running:
    running = Running.start(
        command,
        log,
        core=core,
        yielding=yielding,
        environment={"PYTHONPATH": str(HERE.parent), "GOMAXPROCS": "1"},
    )
    stack.callback(running.stop)
    return running


def sparse(path: Path, size: int) -> Path:
    """
    Make a file of so many zeros.
    """
    with path.open("wb") as file:
        file.truncate(size)
    return path


def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "tls.crt", folder / "tls.key"
    command = "openssl req -x509 -nodes -days 2 -subj /CN=127.0.0.1 -newkey ec"
    options = ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        [*command.split(), *options, *files], check=True, capture_output=True
    )
    return certificate, key
