"""
Say in words why a connection or a call failed, for one log line.
"""

from OpenSSL import SSL
from twisted.internet import error
from twisted.internet.defer import CancelledError
from twisted.python.failure import Failure

from oauthproxy.net.connect import ProxyRefused
from oauthproxy.net.trust import CertificateRefused

WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (error.DNSLookupError, "its name was not found"),
    (error.ConnectionRefusedError, "connection refused"),
    (error.TimeoutError, "no connection in time"),
    (error.ConnectError, "no connection"),
    (
        error.ConnectionClosed,
        "the connection was closed before the answer was complete",
    ),
)
"""The narrower class comes first."""


def describe(problem: BaseException) -> str:
    """
    Return why something failed, without any address or content.
    """
    problem = _innermost(problem)
    if isinstance(problem, (CertificateRefused, ProxyRefused)):
        return str(problem)
    if isinstance(problem, SSL.Error):
        return f"TLS failed: {_tls_reason(problem)}"
    for kind, words in WORDS:
        if isinstance(problem, kind):
            return words
    return f"not a proper answer ({type(problem).__name__})"


def is_cancelled(problem: BaseException) -> bool:
    """
    Tell whether something ended because it was cancelled.
    """
    cancelled = (CancelledError, error.ConnectingCancelledError)
    return isinstance(_innermost(problem), cancelled)


def _innermost(problem: BaseException) -> BaseException:
    """
    Unwrap what Twisted's client wraps around the reason of a failure.
    """
    reasons = getattr(problem, "reasons", None)
    first = reasons[0] if isinstance(reasons, list) and reasons else None
    if isinstance(first, Failure):
        first = first.value
    return problem if first is None else _innermost(first)


def _tls_reason(problem: SSL.Error) -> str:
    """
    Return OpenSSL's own words, such as "wrong version number".
    """
    queue = problem.args[0] if problem.args else ()
    words = [str(entry[-1]) for entry in queue if entry and entry[-1]]
    return words[0] if words else type(problem).__name__
