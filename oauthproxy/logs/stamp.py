"""
Dates in log lines.
"""

import time

from oauthproxy.settings.kinds import MILLISECOND, SECOND


class Stamp:
    """
    Write a time as the lines show it; the text of the last second is kept.
    """

    def __init__(self, *, local: bool) -> None:
        self._split = time.localtime if local else time.gmtime
        self._local = local
        self._second = -1
        self._text = ""

    def text(self, moment: int) -> str:
        """
        Return `YYYY/MM/DD HH:MM:SS` for nanoseconds since the epoch.
        """
        second = moment // SECOND
        if second != self._second:
            self._text = time.strftime("%Y/%m/%d %H:%M:%S", self._split(second))
            self._second = second
        return self._text

    def rfc3339(self, moment: int) -> str:
        """
        Return the same time with milliseconds and zone (RFC 3339, 5.6).
        """
        thousandth = moment % SECOND // MILLISECOND
        day, _, hour = self.text(moment).partition(" ")
        zone = self._zone(moment // SECOND) if self._local else "Z"
        return f"{day.replace('/', '-')}T{hour}.{thousandth:03d}{zone}"

    def _zone(self, second: int) -> str:
        offset = self._split(second).tm_gmtoff // 60
        sign = "-" if offset < 0 else "+"
        return f"{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
