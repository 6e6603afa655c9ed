"""
Files of users and of e-mail addresses as the reference reads them.
"""

import os
from typing import Any

import pytest

from oauthproxy.access.emails import EmailRule, EmailsError, parse_emails
from oauthproxy.access.htpasswd import Htpasswd, HtpasswdError
from tests.conformance.session_vectors import vectors

Vector = dict[str, Any]


@vectors("htpasswd")
def test_htpasswd(vector: Vector) -> None:
    """
    A file is loaded, and passwords are right, exactly when the reference says so.
    """
    given, expected = vector["in"], vector["out"]
    content = given["content"].encode()

    if not expected["loads"]:
        with pytest.raises(HtpasswdError):
            Htpasswd.parse(content, os.urandom)
    else:
        users = Htpasswd.parse(content, os.urandom)
        accepted = [users.check(*attempt) for attempt in given["attempts"]]

        assert accepted == expected["accepted"]


@vectors("emails")
def test_emails(vector: Vector) -> None:
    """
    An address comes in exactly when the reference lets it in.
    """
    given = vector["in"]
    try:
        listed = parse_emails(given["content"].encode())
    except EmailsError:
        listed = frozenset()
    rule = EmailRule.of(given["domains"], listed)

    accepted = [rule.admits(probe) for probe in given["probes"]]

    assert accepted == vector["out"]["accepted"]
