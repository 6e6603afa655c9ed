"""
By what else than its ticket a session can be found: its user at a provider, and the
provider's own session.

Labels are hashes: who reads the index learns no names.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from oauthproxy.crypto.base64 import Base64Error, decode_raw_url
from oauthproxy.session.session import Session


def subject_label(issuer: str, subject: str) -> str:
    """
    Return the label of all sessions of a user (`iss` and `sub` of the ID token).
    """
    return _label("sub", issuer, subject)


def provider_session_label(issuer: str, sid: str) -> str:
    """
    Return the label of a session at the provider (`sid` of OpenID Connect Front- and
    Back-Channel Logout).
    """
    return _label("sid", issuer, sid)


def labels(session: Session) -> tuple[str, ...]:
    """
    Return the labels of a session, none when its ID token says nothing.

    The token was verified when it came; here it is only read.
    """
    payload = _payload(session.id_token)
    issuer = _text(payload.get("iss"))
    subject, sid = _text(payload.get("sub")), _text(payload.get("sid"))
    found = []
    if subject:
        found.append(subject_label(issuer, subject))
    if sid:
        found.append(provider_session_label(issuer, sid))
    return tuple(found)


def _label(kind: str, issuer: str, name: str) -> str:
    text = json.dumps([kind, issuer, name])
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:40]


def _payload(token: str) -> Mapping[str, Any]:
    parts = token.split(".")
    try:
        read = json.loads(decode_raw_url(parts[1])) if len(parts) == 3 else {}
    except (Base64Error, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
