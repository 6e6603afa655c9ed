"""
How soon something that failed may be tried again.
"""

from oauthproxy.errors import ProxyError
from oauthproxy.settings.kinds import SECOND

SHORTEST = SECOND
LONGEST = 30 * SECOND


class BackOff:
    """
    Wait longer after each failure, from one second to half a minute.
    """

    def __init__(self) -> None:
        self._pause = 0
        self._failed_at = 0
        self._error: ProxyError | None = None

    def check(self, now: int) -> None:
        """
        Raise the last failure again when it is too early for another try.
        """
        if self._error is not None and now - self._failed_at < self._pause:
            # Not the same one again: it would keep the frames of all who met it.
            raise type(self._error)(self._error.detail)

    def failed(self, error: ProxyError, now: int) -> None:
        """
        Remember a failure.
        """
        self._error = error
        self._failed_at = now
        self._pause = min(max(SHORTEST, 2 * self._pause), LONGEST)

    def succeeded(self) -> None:
        """
        Forget all failures.
        """
        self._error = None
        self._pause = 0
