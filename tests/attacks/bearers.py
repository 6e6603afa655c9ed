"""
Bearer tokens, good and odd, and what becomes of them.
"""

import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.attacks.outcome import ask
from tests.integration.harness.client import Answer
from tests.integration.harness.provider import CLIENT
from tests.integration.harness.stage import Stage
from tests.integration.harness.tokens import SigningKey, encode

BEARERS = "skip_jwt_bearer_tokens = true\n"


def claims_of(stage: Stage, **changed: Any) -> dict[str, Any]:
    """
    Return good claims, changed; None takes one out.
    """
    now = int(time.time())
    claims = {
        "iss": stage.provider.issuer,
        "aud": CLIENT,
        "sub": "user-1",
        "email": "alice@example.com",
        "iat": now,
        "exp": now + 600,
        **changed,
    }
    return {name: value for name, value in claims.items() if value is not None}


def part(value: Any) -> str:
    """
    Return one part of a token.
    """
    return encode(value if isinstance(value, bytes) else json.dumps(value).encode())


def signed(key: SigningKey, header: Any, payload: Any) -> str:
    """
    Sign any header and payload with RS256, whatever they say.
    """
    text = f"{part(header)}.{part(payload)}"
    made = key._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{encode(made)}"


def shown_to(stage: Stage, token: str) -> Answer:
    """
    Show a bearer token; the answer.
    """
    return ask(stage, "/oauth2/auth", f"Authorization: Bearer {token}")


def refused(stage: Stage, token: str) -> None:
    """
    Insist on a refusal that the application does not hear of.
    """
    answer = shown_to(stage, token)

    assert answer.status == 401, answer
    assert stage.upstream.seen == []
