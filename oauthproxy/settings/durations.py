"""
Durations as Go writes them: "1h30m", "15s", "500ms".

Inside the program a duration is an integer of nanoseconds.
"""

import re

from oauthproxy.settings.kinds import (
    HOUR,
    MICROSECOND,
    MILLISECOND,
    MINUTE,
    NANOSECOND,
    SECOND,
)

LONGEST = (1 << 63) - 1

_UNITS = {
    "ns": NANOSECOND,
    "us": MICROSECOND,
    "µs": MICROSECOND,
    "μs": MICROSECOND,
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_GROUP = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)")


def parse_duration(text: str) -> int:
    """
    Return the nanoseconds that `text` means.

    Raises ValueError for what is not a duration, a number without a unit included.
    """
    sign, rest = (-1, text[1:]) if text[:1] == "-" else (1, text.removeprefix("+"))
    if rest == "0":
        return 0
    total = sum(_groups(rest, text))
    if total > LONGEST:
        raise ValueError(f"{text!r} is longer than a duration can be")
    return sign * total


def _groups(rest: str, text: str) -> list[int]:
    found = []
    position = 0
    while position < len(rest):
        group = _GROUP.match(rest, position)
        if group is None or not (group[1] or group[2]):
            raise ValueError(_complaint(text))
        unit = _UNITS[group[3]]
        fraction = group[2] or ""
        part = int(fraction or "0") * unit // 10 ** len(fraction)
        found.append(int(group[1] or "0") * unit + part)
        position = group.end()
    if not found:
        raise ValueError(_complaint(text))
    return found


def _complaint(text: str) -> str:
    if re.fullmatch(r"[+-]?[0-9.]+", text):
        return f'"{text}" has no unit; write "{text}s" for seconds'
    return f'"{text}" is not a duration such as "1h30m", "15s" or "500ms"'


def format_duration(nanoseconds: int) -> str:
    """
    Return a duration as Go prints it: "168h0m0s", "1m30.5s", "500ms", "0s".
    """
    if nanoseconds < 0:
        return "-" + format_duration(-nanoseconds)
    if nanoseconds == 0:
        return "0s"
    for limit, unit, name in (
        (MICROSECOND, NANOSECOND, "ns"),
        (MILLISECOND, MICROSECOND, "µs"),
        (SECOND, MILLISECOND, "ms"),
    ):
        if nanoseconds < limit:
            return _decimal(nanoseconds, unit) + name
    minutes, rest = divmod(nanoseconds, MINUTE)
    hours, minutes = divmod(minutes, 60)
    seconds = _decimal(rest, SECOND) + "s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    if not rest:
        return str(whole)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0")
