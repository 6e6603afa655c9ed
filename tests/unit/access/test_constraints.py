"""
Constraints in the query.
"""

import pytest

from oauthproxy.access.constraints import satisfied
from oauthproxy.session.session import Session

KIM = Session(email="kim@eu.example.test", groups=("dev", "ops"))


@pytest.mark.parametrize(
    "query",
    [
        "allowed_groups=",
        "allowed_groups=&allowed_groups=dev",
        "allowed_groups=admin&allowed_groups=dev",
        "x=%zz&allowed_groups=dev",
        "x=allowed_groups%3Dadmin",
    ],
)
def test_met_constraints(query: str) -> None:
    """Lists are merged, and a constraint without items is none (A22)."""
    assert satisfied(query, KIM)


@pytest.mark.parametrize(
    "query",
    [
        "allowed_emails=%00",
        "%61llowed_groups=admin",
        "allowed%5fgroups=admin",
        "allowed_groups=admin;x=1",
        "allowed_groups=%zz",
        "a;allowed_emails=x@y.test",
        "&" * 10_000 + "allowed_groups=dev",
        "allowed_email_domains=example.test",
    ],
)
def test_unmet_constraints(query: str) -> None:
    """However a constraint is written, it is seen; unreadable, it is not met (A22)."""
    assert not satisfied(query, KIM)


@pytest.mark.parametrize("email", ["", "kim", "kim@", "a@b@example.test"])
def test_odd_address_has_no_domain(email: str) -> None:
    """Without exactly one domain no constraint on domains is met."""
    session = Session(email=email)

    assert not satisfied("allowed_email_domains=example.test,.b@example.test", session)
