"""
Rules for where sessions are kept.
"""

import re
from collections.abc import Iterator

from oauthproxy.settings.certificates import ChainUnusable, KeyUnusable, read_pair
from oauthproxy.settings.check.problem import Draft, Problem, impossible_port
from oauthproxy.settings.check.secrets import unbelievable
from oauthproxy.settings.groups.session import SessionOptions
from oauthproxy.settings.option import accepted
from oauthproxy.wire import gourl

STORES = accepted(SessionOptions, "session_store_type")
_SCHEMES = ("redis", "rediss", "unix")


def store(draft: Draft) -> Iterator[Problem]:
    """
    Yield what is wrong with the session store.
    """
    options = draft.settings.session
    kind = options.session_store_type
    if kind not in STORES:
        message = f'"{kind}" is not one of {", ".join(STORES)}'
        yield Problem("session_store_type", message)
    if kind == "memory" and draft.settings.ours.workers != 1:
        message = "memory is not shared by processes; use redis, or workers = 1"
        yield Problem("session_store_type", message)
    if kind != "redis":
        return
    if options.redis_use_sentinel and options.redis_use_cluster:
        yield Problem("redis_use_sentinel", "excludes redis_use_cluster")
        return
    yield from _servers(options)
    yield from _files(draft)


def _files(draft: Draft) -> Iterator[Problem]:
    options = draft.settings.session
    reason = options.redis_ca_path and unbelievable(draft, options.redis_ca_path)
    if reason:
        yield Problem("redis_ca_path", reason)
    yield from _client_certificate(draft)


def _client_certificate(draft: Draft) -> Iterator[Problem]:
    options = draft.settings.session
    broken = False
    for name in ("redis_client_cert_file", "redis_client_key_file"):
        path = getattr(options, name)
        reason = path and draft.unreadable(path)
        if reason:
            broken = True
            yield Problem(name, reason)
    if options.redis_client_cert_file and not broken:
        yield from _pair(draft, options)


def _pair(draft: Draft, options: SessionOptions) -> Iterator[Problem]:
    """
    Yield what keeps a certificate and a key from being shown.
    """
    cert = options.redis_client_cert_file
    key = options.redis_client_key_file or cert
    try:
        read_pair(
            draft.read_file(cert),
            draft.read_file(key),
            cert_place=f' in "{cert}"',
            key_place=f' in "{key}"',
        )
    except ChainUnusable as error:
        yield Problem("redis_client_cert_file", str(error))
    except KeyUnusable as error:
        yield Problem("redis_client_key_file", str(error))


def _servers(options: SessionOptions) -> Iterator[Problem]:
    if options.redis_use_sentinel:
        name, urls = (
            "redis_sentinel_connection_urls",
            (options.redis_sentinel_connection_urls),
        )
        if not options.redis_sentinel_master_name:
            message = "not set, but redis_use_sentinel needs it"
            yield Problem("redis_sentinel_master_name", message)
    elif options.redis_use_cluster:
        name, urls = (
            "redis_cluster_connection_urls",
            (options.redis_cluster_connection_urls),
        )
    else:
        name, one = "redis_connection_url", options.redis_connection_url
        urls = (one,) if one else ()
    if not urls:
        yield Problem(name, "not set; write redis://HOST:PORT/NUMBER")
    for url in urls:
        reason = _wrong(url)
        if reason:
            yield Problem(name, f'"{url}" cannot be used: {reason}')


def _wrong(text: str) -> str:
    try:
        url = gourl.parse(text)
    except ValueError as error:
        return str(error)
    if url.scheme not in _SCHEMES:
        return f"it must start with {', '.join(s + '://' for s in _SCHEMES)}"
    if url.scheme == "unix":
        return "" if url.path else "the path of the socket is missing"
    if not re.fullmatch(r"/*[+-]?[0-9]*/*", url.path):
        return "its path must be the number of a database"
    return impossible_port(url)
