"""
What is written down, how and where.
"""

import calendar
import re
import time
from pathlib import Path
from typing import Any

from tests.conformance.effects.scene import Effect, Scene

FILE = 'logging_filename = "{here}/proxy.log"'
SMALL = f"{FILE}\nlogging_max_size = 1\nlogging_local_time = false"
MEGABYTE = 1 << 20
HOUR = 3600


def logged(text: str, target: str = "/logged") -> Any:
    """
    Look whether a text is in the log after a request.
    """

    def look(scene: Scene) -> bool:
        scene.ask(target)
        return text in scene.log()

    return look


def login_logged(text: str) -> Any:
    """
    Look whether a text is in the log after a login.
    """

    def look(scene: Scene) -> bool:
        scene.alice()
        return text in scene.log()

    return look


def error_stream(scene: Scene) -> str:
    """
    Look at the stream that errors come in.
    """
    scene.ask("/", "Bad Field: x")
    assert "refused what is no request" in scene.log()
    return "err" if scene.running.err() else "out"


def hours_ahead(scene: Scene) -> int:
    """
    Look at how far the log's clock is ahead of UTC, in Tokyo.
    """
    scene.ask("/logged")
    found = re.search(r"\[(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)]", scene.logged('"/logged"'))
    assert found is not None
    told = calendar.timegm(time.strptime(found[1], "%Y/%m/%d %H:%M:%S"))
    return round((told - time.time()) / HOUR)


def folder(scene: Scene) -> Path:
    """
    Where the log file is.
    """
    return scene.running.folder


def in_file(scene: Scene) -> bool:
    """
    Look whether a request is in the log file.
    """
    scene.ask("/logged")
    scene.log()
    file = folder(scene) / "proxy.log"
    return file.exists() and '"/logged"' in file.read_text()


def fill(scene: Scene) -> None:
    """
    Make the log write more than a megabyte.
    """
    file, written = folder(scene) / "proxy.log", 0
    while written < MEGABYTE:
        scene.ask("/logged", f"User-Agent: {'x' * 300_000}")
        written += 300_000
        scene.log()
    assert file.exists()


def left(scene: Scene) -> list[Path]:
    """
    The files that were left behind.
    """
    return sorted(folder(scene).glob("proxy-*"))


def rotations(scene: Scene) -> int:
    """
    Look at how many files a full megabyte leaves.
    """
    fill(scene)
    return len(left(scene))


def kept(*days: int) -> Any:
    """
    Look at how many files stay when one more comes to those from as many days ago.
    """

    def look(scene: Scene) -> int:
        for day in days:
            when = time.gmtime(time.time() - day * 24 * HOUR)
            name = time.strftime("proxy-%Y-%m-%dT%H-%M-%S.000.log", when)
            (folder(scene) / name).touch()
        fill(scene)
        return len(left(scene))

    return look


def compressed(scene: Scene) -> bool:
    """
    Look whether what is left is compressed.
    """
    fill(scene)
    (file,) = left(scene)
    return file.read_bytes().startswith(b"\x1f\x8b")


LISTENING = "HTTP: listening on"
EFFECTS = (
    Effect("standard_logging", "false", logged(LISTENING), True, False),
    Effect(
        "standard_logging_format",
        '"<{{.Message}}"',
        logged(f"<{LISTENING}"),
        False,
        True,
    ),
    Effect("auth_logging", "false", login_logged("[AuthSuccess]"), True, False),
    Effect(
        "auth_logging_format",
        '"<{{.Status}}>"',
        login_logged("<AuthSuccess>"),
        False,
        True,
    ),
    Effect("request_logging", "false", logged('"/logged"'), True, False),
    Effect(
        "request_logging_format", '"<{{.StatusCode}}>"', logged("<403>"), False, True
    ),
    Effect("exclude_logging_paths", '["/logged"]', logged('"/logged"'), True, False),
    Effect("silence_ping_logging", "true", logged('"/ping"', "/ping"), True, False),
    Effect("errors_to_info_log", "true", error_stream, "err", "out"),
    Effect(
        "logging_local_time",
        "false",
        hours_ahead,
        9,
        0,
        environment={"TZ": "JST-9"},
    ),
    Effect("logging_filename", '"{here}/proxy.log"', in_file, False, True),
    Effect("logging_max_size", "1", rotations, 0, 1, FILE),
    Effect("logging_max_age", "1", kept(2), 2, 1, SMALL),
    Effect(
        "logging_max_backups",
        "1",
        kept(1, 2),
        3,
        1,
        f"{SMALL}\nlogging_max_age = 0",
    ),
    Effect("logging_compress", "true", compressed, False, True, SMALL),
    Effect("logging_format", '"json"', logged('"uri":"/logged"'), False, True),
)
