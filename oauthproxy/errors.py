"""
The errors of this program; a class's docstring is the sentence its user reads.

`ProxyError` ends one request, `SettingsError` the start. Foreign exceptions are
turned into these on the floor that meets them.
"""

from collections.abc import Sequence


class ProxyError(Exception):
    """
    Something went wrong. Please try again.
    """

    status = 500

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def sentence(self) -> str:
        """
        The sentence for the user.
        """
        return " ".join((type(self).__doc__ or "").split())


class BadRequest(ProxyError):
    """
    The request could not be understood.
    """

    status = 400


class StoreUnavailable(ProxyError):
    """
    The session store does not answer at the moment. You are still signed in; please
    try again in a few seconds.
    """

    status = 503


class LoginNotStored(StoreUnavailable):
    """
    The session store does not answer at the moment, so that you could not be signed in.
    Please try again in a few seconds.
    """


class ProviderUnavailable(ProxyError):
    """
    The identity provider does not answer at the moment. Please try again in a few
    seconds.
    """

    status = 503


class ProviderRefused(ProxyError):
    """
    The identity provider gave an answer that could not be accepted. Please sign in
    again; if this happens repeatedly, tell the administrator of this application.
    """

    status = 500


class RefreshRefused(ProxyError):
    """
    Your login has ended at the identity provider. Please sign in again.
    """

    status = 401


class FetchError(Exception):
    """
    An outgoing call failed: no connection, no answer in time, or too large a one.
    """


class ConnectFailed(ProxyError):
    """
    There was a problem connecting to the upstream server.
    """

    status = 502


class UpstreamFailed(ProxyError):
    """
    The upstream server gave an answer that could not be understood.
    """

    status = 502


class UpstreamTimeout(ProxyError):
    """
    The upstream server did not answer in time.
    """

    status = 504


class SessionRefused(Exception):
    """
    A session cookie that came with the request cannot be used.
    """


class NoSession(SessionRefused):
    """
    No session cookie came with the request.
    """


class SettingsError(Exception):
    """
    The configuration is invalid.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
