"""
Who can sign in at the demo's identity provider.
"""

from typing import Any

from attrs import frozen

PASSWORD = "demo"
"""The password of everybody; it is printed on the page that asks for it."""


@frozen(kw_only=True)
class User:
    """
    Somebody with an account at the demo's identity provider.
    """

    username: str
    subject: str
    name: str
    email: str
    groups: tuple[str, ...] = ()
    note: str = ""

    def claims(self) -> dict[str, Any]:
        """
        Return what the provider tells about this user (OpenID Connect Core, 5.1).
        """
        return {
            "sub": self.subject,
            "name": self.name,
            "preferred_username": self.username,
            "email": self.email,
            "email_verified": True,
            "groups": list(self.groups),
        }


USERS = (
    User(
        username="alice",
        subject="7001",
        name="Alice Archer",
        email="alice@example.com",
        groups=("staff", "administrators"),
        note="is in the groups staff and administrators",
    ),
    User(
        username="bob",
        subject="7002",
        name="Bob Baker",
        email="bob@example.com",
        groups=("staff",),
        note="is in the group staff",
    ),
    User(
        username="carol",
        subject="7003",
        name="Carol Carter",
        email="carol@elsewhere.example",
        note="belongs to another organisation, so the proxy will not let her in",
    ),
)


def find_user(username: str, password: str) -> User | None:
    """
    Return the user with this name, if the password is right.
    """
    if password != PASSWORD:
        return None
    wanted = username.strip().lower()
    return next((user for user in USERS if user.username == wanted), None)
