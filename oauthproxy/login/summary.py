"""
One line about a session for the log: who, until when, which tokens, never a token.
"""

from collections.abc import Iterator

from oauthproxy.session.claims import time_text
from oauthproxy.session.session import Session
from oauthproxy.session.times import ZERO_TIME


def summary(session: Session) -> str:
    """
    Return the line, in the reference's form.
    """
    return "Session{" + " ".join(_words(session)) + "}"


def _words(session: Session) -> Iterator[str]:
    yield f"email:{session.email}"
    yield f"user:{session.user}"
    yield f"PreferredUsername:{session.preferred_username}"
    if session.access_token:
        yield "token:true"
    if session.id_token:
        yield "id_token:true"
    if session.created_at not in (None, ZERO_TIME):
        yield f"created:{time_text(session.created_at)}"
    if session.expires_on not in (None, ZERO_TIME):
        yield f"expires:{time_text(session.expires_on)}"
    if session.refresh_token:
        yield "refresh_token:true"
    if session.groups:
        yield f"groups:[{' '.join(session.groups)}]"
