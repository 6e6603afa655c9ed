"""
Decide what may happen to a request, now that its user is known or unknown.
"""

from collections.abc import Callable

from attrs import define, field, frozen

from oauthproxy.access.routes import SkipRules
from oauthproxy.scope import Scope
from oauthproxy.session.session import Session


@frozen
class Allowed:
    """
    The request may pass; with whose identity, if any.
    """

    session: Session | None


@frozen
class NeedsLogin:
    """
    Nobody is signed in.
    """


@frozen
class Denied:
    """
    Somebody is signed in who may not pass; their session is to be cleared.
    """

    reason: str


Decision = Allowed | NeedsLogin | Denied


@define
class Rules:
    """
    Who may pass.

    `email_allowed` judges a non-empty e-mail address, `authorized` a whole session.
    `version` is raised with every change of a file they read, so that what was
    decided before can be told from what holds now.
    """

    skip: SkipRules = field(factory=SkipRules)
    email_allowed: Callable[[str], bool] = field(default=lambda _: True)
    authorized: Callable[[Session], bool] = field(default=lambda _: True)
    version: int = 0

    def refusal(self, session: Session) -> str:
        """
        Return why a session may not pass, or the empty text when it may.
        """
        if session.email and not self.email_allowed(session.email):
            return "the e-mail address is not allowed"
        if not self.authorized(session):
            return "not a member of an allowed group"
        return ""

    def admits(self, session: Session) -> bool:
        """
        Tell whether a session may pass; holds until `version` changes.
        """
        return not self.refusal(session)


def decide(scope: Scope, session: Session | None, rules: Rules) -> Decision:
    """
    Decide about a request; a route that needs no login passes with any session.
    """
    reason = rules.refusal(session) if session is not None else ""
    if session is not None and not reason:
        return Allowed(session)
    if rules.skip.allows(scope):
        return Allowed(session)
    return Denied(reason) if session is not None else NeedsLogin()
