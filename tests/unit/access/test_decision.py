"""
What may happen to a request.
"""

import pytest

from oauthproxy.access.decision import (
    Allowed,
    Decision,
    Denied,
    NeedsLogin,
    Rules,
    decide,
)
from oauthproxy.access.routes import SkipRules
from oauthproxy.session.session import Session
from oauthproxy.settings.groups.access import AccessOptions
from tests.unit.requests import a_request

KIM = Session(email="kim@example.test", groups=("dev",))
LEE = Session(email="lee@other.test", groups=("dev",))
NAMELESS = Session(user="u", groups=("dev",))
GUEST = Session(email="guest@example.test")
RULES = Rules(
    skip=SkipRules.compile(AccessOptions(skip_auth_routes=("^/public$",))),
    email_allowed=lambda email: email.endswith("@example.test"),
    authorized=lambda session: "dev" in session.groups,
)


@pytest.mark.parametrize(
    ("path", "session", "decision"),
    [
        ("/x", None, NeedsLogin()),
        ("/x", KIM, Allowed(KIM)),
        ("/x", NAMELESS, Allowed(NAMELESS)),
        ("/x", LEE, Denied("the e-mail address is not allowed")),
        ("/x", GUEST, Denied("not a member of an allowed group")),
        ("/public", None, Allowed(None)),
        ("/public", KIM, Allowed(KIM)),
        ("/public", LEE, Allowed(LEE)),
    ],
)
def test_decision(path: str, session: Session | None, decision: Decision) -> None:
    """Routes without login pass everybody, others those whom the rules admit."""
    assert decide(a_request(path), session, RULES) == decision


def test_admission_of_a_session_can_be_asked_alone() -> None:
    """Whether a session may pass does not depend on the request."""
    assert RULES.admits(KIM)
    assert not RULES.admits(LEE)
