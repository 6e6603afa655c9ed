"""
Changes of files are noticed, however they come about.
"""

import os
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from oauthproxy.net.watch import FileWatch


class Watched:
    """
    Files that are watched with a clock of our own.
    """

    def __init__(self, *paths: Path) -> None:
        self.clock = Clock()
        self.changes = 0
        self.watch = FileWatch(self.clock, [str(p) for p in paths], self._changed)
        self.watch.start()

    def _changed(self) -> None:
        self.changes += 1

    def looks(self, times: int = 3) -> int:
        """Let it look so often, and return how many changes it has told so far."""
        for _ in range(times):
            self.clock.advance(1)
        return self.changes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("before")
    return path


def test_nothing_is_told_while_nothing_changes(file: Path):
    """A file that stays as it is tells nothing."""
    assert Watched(file).looks() == 0


def test_rewritten_file(file: Path):
    """A file that is written again in place is told once."""
    watched = Watched(file)

    file.write_text("afterwards")

    assert watched.looks() == 1


def test_replaced_file(file: Path):
    """A file that another one is renamed to is told, even with the same size."""
    watched = Watched(file)

    other = file.with_name("other")
    other.write_text("ssssss")
    os.utime(other, ns=(1, file.stat().st_mtime_ns))
    other.rename(file)

    assert watched.looks() == 1


def test_removed_and_returned_file(file: Path):
    """A file that goes is told, and so is its return."""
    watched = Watched(file)

    file.unlink()
    gone = watched.looks()
    file.write_text("again")

    assert (gone, watched.looks()) == (1, 2)


def test_file_that_appears(tmp_path: Path):
    """A file that was not there at first is told when it comes."""
    watched = Watched(tmp_path / "later")

    (tmp_path / "later").write_text("now")

    assert watched.looks() == 1


def test_swapped_link(tmp_path: Path):
    """Kubernetes changes a mounted secret by moving a link to another folder."""
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tls.crt").write_text(f"certificate {name}")
    (tmp_path / "data").symlink_to("1")
    (tmp_path / "tls.crt").symlink_to("data/tls.crt")
    watched = Watched(tmp_path / "tls.crt")

    (tmp_path / "next").symlink_to("2")
    (tmp_path / "next").rename(tmp_path / "data")

    assert watched.looks() == 1


def test_change_is_told_when_it_has_settled(tmp_path: Path):
    """Files that change one after the other are told as one change."""
    first, second = tmp_path / "crt", tmp_path / "key"
    first.write_text("1")
    second.write_text("1")
    watched = Watched(first, second)

    first.write_text("new 1")
    one = watched.looks(1)
    second.write_text("new 2")
    two = watched.looks(1)

    assert (one, two) == (0, 0)
    assert watched.looks(1) == 1


def test_nothing_is_told_after_the_end(file: Path):
    """Once stopped it looks no more."""
    watched = Watched(file)

    watched.watch.stop()
    file.write_text("afterwards")

    assert watched.looks() == 0
    assert watched.clock.getDelayedCalls() == []
