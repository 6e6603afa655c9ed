"""
The files that a log file leaves behind: `name-2026-02-03T04-05-06.000.log`, perhaps
compressed with `.gz` behind.
"""

import calendar
import contextlib
import fcntl
import gzip
import os
import re
import shutil
import time

from attrs import frozen

from oauthproxy.settings.kinds import MILLISECOND, SECOND

MODE = 0o600


@frozen(kw_only=True)
class Policy:
    """
    How long left files are kept: `max_age` in nanoseconds and `max_backups` of them,
    0 for without limit. `local` tells that their names are in local time.
    """

    max_age: int
    max_backups: int
    compress: bool
    local: bool


@frozen
class Left:
    """
    A file that was left behind, at a time in nanoseconds.
    """

    path: str
    moment: int

    @property
    def is_compressed(self) -> bool:
        """
        Whether it was compressed.
        """
        return self.path.endswith(".gz")


class Archive:
    """
    Take a full log file away, and tidy up what was taken away before.
    """

    def __init__(self, path: str, policy: Policy) -> None:
        self._path = path
        self._policy = policy
        self._folder = os.path.dirname(path) or "."
        self._stem, self._extension = os.path.splitext(os.path.basename(path))
        self._pattern = re.compile(
            rf"{re.escape(self._stem)}-(\d{{4}}-\d\d-\d\dT\d\d-\d\d-\d\d)\.(\d{{3}})"
            rf"{re.escape(self._extension)}(?:\.gz)?"
        )

    def take(self, moment: int) -> None:
        """
        Rename the log file after a time; raises OSError.
        """
        target = self._name(moment)
        while os.path.lexists(target) or os.path.lexists(f"{target}.gz"):
            moment += MILLISECOND
            target = self._name(moment)
        os.rename(self._path, target)

    def tidy(self, now: int) -> None:
        """
        Delete what is too old or too much, and compress the rest if that is wanted.

        A file that cannot be deleted or compressed is left alone: the next rotation
        tries again.
        """
        left = self._left()
        kept = self._kept(left, now)
        for file in left:
            with contextlib.suppress(OSError):
                if file not in kept:
                    os.unlink(file.path)
                elif self._policy.compress and not file.is_compressed:
                    _compress(file.path)

    def _name(self, moment: int) -> str:
        split = time.localtime if self._policy.local else time.gmtime
        second, thousandth = divmod(moment // MILLISECOND, 1000)
        day = time.strftime("%Y-%m-%dT%H-%M-%S", split(second))
        name = f"{self._stem}-{day}.{thousandth:03d}{self._extension}"
        return os.path.join(self._folder, name)

    def _left(self) -> list[Left]:
        """
        Return what was left behind, the newest first.
        """
        found = []
        with contextlib.suppress(OSError):
            for name in os.listdir(self._folder):
                matched = self._pattern.fullmatch(name)
                if matched:
                    moment = self._moment(*matched.groups())
                    found.append(Left(os.path.join(self._folder, name), moment))
        return sorted(found, key=lambda file: file.moment, reverse=True)

    def _moment(self, day: str, thousandth: str) -> int:
        split = time.strptime(day, "%Y-%m-%dT%H-%M-%S")
        join = time.mktime if self._policy.local else calendar.timegm
        return int(join(split)) * SECOND + int(thousandth) * MILLISECOND

    def _kept(self, left: list[Left], now: int) -> list[Left]:
        policy = self._policy
        young = [
            file
            for file in left
            if not policy.max_age or now - file.moment <= policy.max_age
        ]
        return young[: policy.max_backups] if policy.max_backups else young


def _compress(path: str) -> None:
    """
    Replace a file by its compressed self, unless another process is at it.
    """
    unfinished = f"{path}.gz.part"
    with open(path, "rb") as source:
        try:
            fcntl.flock(source, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        with (
            open(os.open(unfinished, flags, MODE), "wb") as target,
            gzip.GzipFile(fileobj=target, mode="wb") as packed,
        ):
            shutil.copyfileobj(source, packed)
        os.rename(unfinished, f"{path}.gz")
        os.unlink(path)
