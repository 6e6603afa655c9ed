"""
Narrow access by the query: `allowed_groups`, `allowed_emails`, `allowed_email_domains`.

Rule 1: a constraint can only narrow; one that cannot be read is not met.
Rule 2: lists are merged, empty items dropped; a constraint without items is none.
"""

from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from oauthproxy.session.session import Session
from oauthproxy.wire.domains import Domain, allowed
from oauthproxy.wire.fields import field_bytes
from oauthproxy.wire.form import Form, parse_query

GROUPS, EMAILS, DOMAINS = "allowed_groups", "allowed_emails", "allowed_email_domains"
_NAMES = tuple(name.encode() for name in (GROUPS, EMAILS, DOMAINS))
_PREFIX = "allowed_"


def satisfied(query: str, session: Session) -> bool:
    """
    Tell whether a session meets the constraints of a raw query.
    """
    if _PREFIX not in query and "%" not in query:
        return True
    form = parse_query(query)
    if any(_names_constraint(pair) for pair in form.dropped):
        return False
    return (
        _has_group(session, _items(form, GROUPS))
        and _has_email(session, _items(form, EMAILS))
        and _has_domain(session, _items(form, DOMAINS))
    )


def _names_constraint(pair: str) -> bool:
    decoded = unquote_to_bytes(field_bytes(pair))
    return any(name in decoded for name in _NAMES)


def _items(form: Form, name: str) -> list[str]:
    return [item for text in form.all(name) for item in text.split(",") if item]


def _has_group(session: Session, groups: Iterable[str]) -> bool:
    return not groups or not set(session.groups).isdisjoint(groups)


def _has_email(session: Session, emails: Iterable[str]) -> bool:
    return not emails or session.email in emails


def _has_domain(session: Session, domains: Iterable[str]) -> bool:
    if not domains:
        return True
    domain = session.email.partition("@")[2]
    if not domain or "@" in domain:
        return False
    return allowed(domain, map(Domain.parse, domains))
