"""
Log files that begin anew, and what they leave behind.
"""

import gzip
import os
import stat
from typing import Any

import pytest

from oauthproxy.errors import SettingsError
from oauthproxy.logs.sinks import DAY, descriptor_sink, open_file
from oauthproxy.settings.groups.logging import LoggingOptions
from oauthproxy.settings.kinds import SECOND
from tests.unit.driver import FakeClock

MOMENT = 1_770_091_506_789_000_000
HALF = b"x" * (600 * 1024)


def opened(folder, clock=None, aside=lambda tidy: tidy(), **options):
    """
    Return a log file of one megabyte, in UTC.
    """
    settings = LoggingOptions(
        logging_filename=str(folder / "proxy.log"),
        logging_max_size=1,
        logging_local_time=False,
        **options,
    )
    return open_file(settings, clock or FakeClock(MOMENT), aside)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_full_file_is_renamed_after_the_time(tmp_path):
    """More than the limit begins a new file; no batch is split."""
    file = opened(tmp_path)

    file(HALF)
    file(HALF)

    assert names(tmp_path) == ["proxy-2026-02-03T04-05-06.789.log", "proxy.log"]
    assert (tmp_path / "proxy.log").read_bytes() == HALF


def test_only_the_owner_reads_log_files(tmp_path):
    """Log files are made with mode 0600."""
    opened(tmp_path)

    assert stat.S_IMODE((tmp_path / "proxy.log").stat().st_mode) == 0o600


def test_an_existing_file_is_continued(tmp_path):
    """A restart appends."""
    (tmp_path / "proxy.log").write_bytes(b"old\n")

    opened(tmp_path)(b"new\n")

    assert (tmp_path / "proxy.log").read_bytes() == b"old\nnew\n"


def test_a_batch_larger_than_the_limit_is_written(tmp_path):
    """An empty file is never rotated."""
    opened(tmp_path)(HALF * 3)

    assert names(tmp_path) == ["proxy.log"]


def test_two_rotations_at_one_time(tmp_path):
    """No file that was left behind is overwritten."""
    file = opened(tmp_path)

    for _ in range(3):
        file(HALF)

    assert len(names(tmp_path)) == 3


def test_left_files_are_compressed(tmp_path):
    """With `logging_compress` what is left behind is packed."""
    file = opened(tmp_path, logging_compress=True)

    file(HALF)
    file(HALF)

    assert names(tmp_path) == ["proxy-2026-02-03T04-05-06.789.log.gz", "proxy.log"]
    packed = tmp_path / "proxy-2026-02-03T04-05-06.789.log.gz"
    assert gzip.decompress(packed.read_bytes()) == HALF
    assert stat.S_IMODE(packed.stat().st_mode) == 0o600


def test_only_so_many_are_kept(tmp_path):
    """`logging_max_backups` keeps the newest."""
    clock = FakeClock(MOMENT)
    file = opened(tmp_path, clock, logging_max_backups=2)

    for _ in range(5):
        file(HALF)
        clock.time += SECOND

    assert names(tmp_path) == [
        "proxy-2026-02-03T04-05-09.789.log",
        "proxy-2026-02-03T04-05-10.789.log",
        "proxy.log",
    ]


def test_old_files_are_deleted(tmp_path):
    """`logging_max_age` days are kept, packed or not; other files are left alone."""
    for name in (
        "proxy-2026-01-01T00-00-00.000.log",
        "proxy-2026-01-01T00-00-00.000.log.gz",
        "proxy-2026-02-01T00-00-00.000.log",
        "proxy-other.log",
        "else-2026-01-01T00-00-00.000.log",
    ):
        (tmp_path / name).touch()
    file = opened(tmp_path, logging_max_age=7)

    file(HALF)
    file(HALF)

    assert names(tmp_path) == [
        "else-2026-01-01T00-00-00.000.log",
        "proxy-2026-02-01T00-00-00.000.log",
        "proxy-2026-02-03T04-05-06.789.log",
        "proxy-other.log",
        "proxy.log",
    ]


def test_age_zero_keeps_everything(tmp_path):
    """Without an age nothing is too old."""
    (tmp_path / "proxy-2001-01-01T00-00-00.000.log").touch()
    file = opened(tmp_path, FakeClock(MOMENT + 9000 * DAY), logging_max_age=0)

    file(HALF)
    file(HALF)

    assert "proxy-2001-01-01T00-00-00.000.log" in names(tmp_path)


def test_tidying_happens_aside(tmp_path):
    """What takes long is handed over."""
    waiting: list[Any] = []
    file = opened(tmp_path, aside=waiting.append, logging_compress=True)

    file(HALF)
    file(HALF)

    assert len(waiting) == 1
    assert "proxy-2026-02-03T04-05-06.789.log" in names(tmp_path)


def test_two_processes_share_a_file(tmp_path):
    """When one rotates, the other goes on in the new file."""
    one, other = opened(tmp_path), opened(tmp_path)

    one(HALF)
    one(HALF)
    other(b"other")

    assert (tmp_path / "proxy.log").read_bytes() == HALF + b"other"
    assert len(names(tmp_path)) == 2


def test_a_file_renamed_by_others_is_followed(tmp_path):
    """After logrotate lines go to a new file."""
    file = opened(tmp_path)
    file(b"one")

    (tmp_path / "proxy.log").rename(tmp_path / "proxy.log.1")
    file(b"two")

    assert (tmp_path / "proxy.log").read_bytes() == b"two"


def test_a_closed_file_takes_nothing(tmp_path):
    """After `close`, a second one too, a batch is lost and goes nowhere else."""
    file = opened(tmp_path)
    file.close()
    file.close()

    with (tmp_path / "other").open("wb"), pytest.raises(OSError, match="descriptor"):
        file(b"late")

    assert (tmp_path / "other").read_bytes() == b""


def test_a_missing_folder_stops_the_start(tmp_path):
    """A log file that cannot be opened is a configuration error."""
    with pytest.raises(SettingsError, match="logging_filename"):
        opened(tmp_path / "nowhere")


def test_a_pipe_is_only_written_to(tmp_path):
    """What is no regular file is neither renamed nor opened again."""
    pipe = tmp_path / "proxy.log"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    file = opened(tmp_path)

    file(b"one\n")
    file(b"two\n")

    assert os.read(reader, 100) == b"one\ntwo\n"
    assert names(tmp_path) == ["proxy.log"]
    file.close()
    os.close(reader)


def test_streams_are_written_whole():
    """A stream that takes part of a batch gets the rest after."""
    reader, writer = os.pipe()

    descriptor_sink(writer)(b"line\n")

    assert os.read(reader, 100) == b"line\n"
    os.close(reader)
    os.close(writer)


def test_a_stuck_stream_loses_the_batch():
    """A non-blocking stream that nobody reads does not stop the program."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    with pytest.raises(BlockingIOError):
        descriptor_sink(writer)(b"x" * (1 << 20))

    os.close(reader)
    os.close(writer)


def test_a_file_that_cannot_be_renamed_goes_on_growing(tmp_path, monkeypatch):
    """Failing to rotate loses no lines."""
    file = opened(tmp_path)

    def refuse(*paths):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "rename", refuse)
    file(HALF)
    file(HALF)

    assert (tmp_path / "proxy.log").read_bytes() == HALF * 2
