"""
What is known about a request when it is over, and about a sign-in.
"""

from attrs import define, frozen


@define(slots=True, eq=False)
class RequestRecord:
    """
    One finished request, for its line in the request log.

    Not frozen, because a frozen value costs three times as much to make and one is
    made for every request. `started_at` is in nanoseconds since the epoch, `duration`
    in nanoseconds, `size` in bytes of response body; `uri` is the request target as
    it came; `upstream` and `username` are empty when there is none. `health` marks
    the answers to ping and ready requests.
    """

    client: str
    host: str
    protocol: str
    request_id: str
    started_at: int
    duration: int
    method: str
    uri: str
    size: int
    status: int
    upstream: str
    user_agent: str
    username: str
    health: bool = False


@frozen(kw_only=True)
class AuthRecord:
    """
    One authentication event and the request in which it happened.
    """

    client: str
    host: str
    protocol: str
    request_id: str
    method: str
    user_agent: str
    username: str
    status: str
    message: str
