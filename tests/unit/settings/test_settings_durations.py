"""
Durations are read and printed as Go does.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.settings.durations import LONGEST, format_duration, parse_duration
from oauthproxy.settings.kinds import HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("+0", 0),
        ("168h0m0s", 168 * HOUR),
        ("1.5h", 90 * MINUTE),
        (".5s", 500 * MILLISECOND),
        ("1.s", SECOND),
        ("1h30m", 90 * MINUTE),
        ("-15m", -15 * MINUTE),
        ("1us", MICROSECOND),
        ("1µs", MICROSECOND),
        ("1μs", MICROSECOND),
        ("1.9ns", 1),
    ],
)
def test_a_duration_is_read_in_nanoseconds(text: str, nanoseconds: int) -> None:
    """Signs, fractions and every unit count; parts below a nanosecond are cut."""
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    ["", "100", "1d", "1h 2m", "1e3s", "1H", "s", ".s", "+", "300y", "9999999h"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """No days, no blanks, no missing unit, nothing beyond 292 years."""
    with pytest.raises(ValueError, match=r"duration|unit"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (168 * HOUR, "168h0m0s"),
        (15 * MINUTE, "15m0s"),
        (90 * SECOND + 500 * MILLISECOND, "1m30.5s"),
        (500 * MILLISECOND, "500ms"),
        (1500, "1.5µs"),
        (3, "3ns"),
        (-2 * SECOND, "-2s"),
    ],
)
def test_a_duration_is_printed_as_go_prints_it(nanoseconds: int, text: str) -> None:
    """The largest units come first and zeros after the point are left out."""
    assert format_duration(nanoseconds) == text


@given(st.integers(min_value=-LONGEST, max_value=LONGEST))
def test_what_is_printed_reads_back(nanoseconds: int) -> None:
    """No duration changes on its way through text."""
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds
