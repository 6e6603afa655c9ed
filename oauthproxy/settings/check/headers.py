"""
Rules for the headers that are injected.
"""

import re
from collections.abc import Iterator

from oauthproxy.settings.check.problem import Draft, Problem
from oauthproxy.settings.check.secrets import NOTHING_GIVEN, secret_source
from oauthproxy.settings.model import HeaderSettings, HeaderValue

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

# Where the flat options make two headers of one name, this is what to look at.
_REQUEST_DUPLICATE = "pass_authorization_header"
_RESPONSE_DUPLICATE = "set_authorization_header"


def headers(draft: Draft) -> Iterator[Problem]:
    """
    Yield what is wrong with injected headers.
    """
    settings = draft.settings
    yield from _list(
        draft,
        settings.inject_request_headers,
        "injectRequestHeaders",
        _REQUEST_DUPLICATE,
    )
    yield from _list(
        draft,
        settings.inject_response_headers,
        "injectResponseHeaders",
        _RESPONSE_DUPLICATE,
    )


def _list(
    draft: Draft, found: tuple[HeaderSettings, ...], path: str, flat: str
) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, header in enumerate(found):
        place = f"{path}[{index}]"
        if not header.name:
            yield Problem(flat, "the name of a header is missing", f"{place}.name")
        elif not _TOKEN.fullmatch(header.name):
            message = f'"{header.name}" cannot be the name of a header'
            yield Problem(flat, message, f"{place}.name")
        elif header.name in seen:
            message = f"a second {header.name} header would be sent beside Basic"
            if draft.alpha:
                message = f"the header {header.name} is given twice"
            yield Problem(flat, message, f"{place}.name")
        seen.add(header.name)
        for number, value in enumerate(header.values):
            yield from _value(draft, value, f"{place}.values[{number}]")


def _value(draft: Draft, value: HeaderValue, path: str) -> Iterator[Problem]:
    claim = value.claim_source
    if (value.secret_source is None) == (claim is None):
        message = "needs either secretSource or claimSource"
        yield Problem("set_basic_auth", message, path)
        return
    if claim is None:
        reason = secret_source(draft, value.secret_source)
        if reason:
            yield Problem("set_basic_auth", reason, f"{path}.secretSource")
        return
    if not claim.claim:
        message = "the name of the claim is missing"
        yield Problem("set_basic_auth", message, f"{path}.claimSource.claim")
    if claim.basic_auth_password is not None:
        empty = NOTHING_GIVEN if draft.alpha else "basic_auth_password is empty"
        reason = secret_source(draft, claim.basic_auth_password, empty=empty)
        if reason:
            place = f"{path}.claimSource.basicAuthPassword"
            yield Problem("set_basic_auth", reason, place)
