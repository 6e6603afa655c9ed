"""
The userinfo body.
"""

import json

from oauthproxy.access.userinfo import userinfo_body
from oauthproxy.session.session import Session


def test_nobody_is_an_empty_object() -> None:
    """Without a session there is nothing to tell."""
    assert userinfo_body(None) == "{}"


def test_markup_is_escaped() -> None:
    """No character of a name can begin a tag where the JSON lands in a page."""
    body = userinfo_body(Session(user="</script>&", email="\udcff"))

    assert body == '{"user":"\\u003c/script\\u003e\\u0026","email":"\\ufffd"}\n'
    assert json.loads(body)["user"] == "</script>&"


def test_nested_claims_are_sorted() -> None:
    """Claims within claims come by name as well."""
    session = Session(user="u", additional_claims={"b": {"z": 1, "a": [{"d": 0}]}})

    assert '"additionalClaims":{"b":{"a":[{"d":0}],"z":1}}' in userinfo_body(session)
