"""
Plain OAuth 2 providers whose users are members of something.

Rule 1: membership is asked for at the login and again at each refresh: who was thrown
out is signed out.
Rule 2: a provider that cannot answer changes nothing; what it answers wrongly leaves
the groups as they were, and the validate URL decides about the token.
"""

from oauthproxy.errors import ProviderRefused, RefreshRefused
from oauthproxy.providers.provider import Provider
from oauthproxy.session.session import Session


class NotMember(ProviderRefused):
    """
    You are signed in at the identity provider, but you are not a member of what gives
    access to this application. Please ask its administrator.
    """

    status = 403


class MembershipProvider(Provider):
    """
    A plain provider that overrides `ask_again`.
    """

    async def refresh(self, session: Session) -> Session | None:
        """
        Ask for the membership again; there are no new tokens.
        """
        try:
            return await self.ask_again(session)
        except NotMember as error:
            raise RefreshRefused(error.detail) from error
        except ProviderRefused as error:
            message = f"the groups of {session.email} stay as they were: {error.detail}"
            self.log.error(message)
            return session

    async def ask_again(self, session: Session) -> Session:
        """
        Return the session with the groups of now; raises NotMember, ProviderRefused
        and ProviderUnavailable.
        """
        return session
