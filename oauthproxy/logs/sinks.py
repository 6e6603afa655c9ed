"""
Where lines go: a stream that is open already, or a file that is rotated.
"""

from collections.abc import Callable

from oauthproxy.errors import SettingsError
from oauthproxy.logs.archive import Archive, Policy
from oauthproxy.logs.rotation import RotatingFile
from oauthproxy.logs.writer import Sink, write_whole
from oauthproxy.ports import Clock
from oauthproxy.settings.groups.logging import LoggingOptions
from oauthproxy.settings.kinds import HOUR

MEGABYTE = 1024 * 1024
USUAL_MEGABYTES = 100
DAY = 24 * HOUR


def descriptor_sink(descriptor: int) -> Sink:
    """
    Write to an open stream, such as standard output.

    A stream in non-blocking mode that takes nothing for a tenth of a second loses
    the batch, so that a stuck reader does not stop the program.
    """
    return lambda batch: write_whole(descriptor, batch)


def open_file(
    options: LoggingOptions, clock: Clock, aside: Callable[[Callable[[], None]], None]
) -> RotatingFile:
    """
    Open the log file of the options; raises SettingsError.

    `aside` runs the cleaning up after a rotation where it does not disturb, in a
    thread for instance.
    """
    path = options.logging_filename
    policy = Policy(
        max_age=options.logging_max_age * DAY,
        max_backups=options.logging_max_backups,
        compress=options.logging_compress,
        local=options.logging_local_time,
    )
    try:
        return RotatingFile(
            path,
            archive=Archive(path, policy),
            clock=clock,
            limit=(options.logging_max_size or USUAL_MEGABYTES) * MEGABYTE,
            aside=aside,
        )
    except PermissionError as cause:
        raise SettingsError([f"logging_filename: cannot write to {path}"]) from cause
    except OSError as cause:
        reason = cause.strerror or str(cause)
        raise SettingsError(
            [f"logging_filename: cannot open {path}: {reason}"]
        ) from cause
