"""
How much, and how long: the limits of one client connection.
"""

from attrs import frozen


@frozen(kw_only=True)
class ChannelLimits:
    """
    Sizes in bytes and times in seconds for one client connection.
    """

    head_bytes: int
    head_fields: int
    head_time: float
    idle_time: float
    body_time: float


DRAIN_BYTES = 1 << 18
"""How much of a body is thrown away behind its answer."""

DRAIN_SECONDS = 5.0
"""How long that may take, and how long a closed client has to say so too."""

LINGER_SECONDS = 1.0
"""How long a client has to read an answer before what it still sends resets it."""

HELD_LIMIT = 1 << 16
"""How much is read ahead of what is being answered, beyond one read."""

PARSED_AHEAD = 1 << 13
"""How much of that is parsed at once."""
