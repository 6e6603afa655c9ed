"""
Write settings as an alpha configuration, which read back gives the same settings.
"""

from operator import attrgetter
from typing import Any

import yaml

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.alpha import document
from oauthproxy.settings.alpha.read import PREPARED
from oauthproxy.settings.alpha.schema import (
    ROOT,
    Many,
    Member,
    Scalar,
    Section,
    Struct,
)
from oauthproxy.settings.alpha.substitute import escaped
from oauthproxy.settings.durations import format_duration
from oauthproxy.settings.legacy import AlphaSettings
from oauthproxy.settings.model import Settings

_BREAKS = frozenset("\x85\u2028\u2029")
"""Line ends that only double quotes keep."""

_EMPTY = ("", 0, (), None, Secret(""))

_LOST = """\
# prefer_email_to_user is on; its part in the headers is written below. What has no
# place here: sessions of HTTP Basic credentials get the user name as their e-mail.
"""


def convert_to_alpha(settings: Settings) -> str:
    """
    Return the YAML text of everything in settings that has a place in it.
    """
    shown = AlphaSettings(
        server=settings.server,
        metrics_server=settings.metrics_server,
        proxy_raw_path=settings.proxy_raw_path,
        upstreams=settings.upstreams,
        inject_request_headers=settings.inject_request_headers,
        inject_response_headers=settings.inject_response_headers,
        providers=settings.providers,
    )
    tree = _members(shown, ROOT.members, PREPARED)
    text = yaml.dump(
        tree,
        Dumper=_Dumper,
        indent=4,
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=1000,
    )
    return (_LOST if settings.prefer_email_to_user else "") + escaped(text)


class _Dumper(yaml.SafeDumper):
    """
    Indent lists below their key, never share nodes.
    """

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = document.plain_type(text) == document.TEXT and not _BREAKS & set(text)
    style = None if plain else '"'
    return dumper.represent_scalar(document.TEXT, text, style=style)


_Dumper.add_representer(str, _text)


def _members(
    value: object, members: tuple[Member, ...], default: object
) -> dict[str, object]:
    """
    Return a mapping by the document's names, without what is empty anyway.
    """
    shown: dict[str, object] = {}
    for member in members:
        if member.needs and not getattr(value, member.needs):
            continue
        found = _member(value, member, default)
        if member.always or found is not None:
            shown[member.name] = found
    return shown


def _member(value: object, member: Member, default: object) -> object:
    shape = member.shape
    if isinstance(shape, Section):
        return _members(value, shape.members, default) or (
            {} if member.always else None
        )
    attribute = attrgetter(member.attribute)
    own, usual = attribute(value), attribute(default)
    if isinstance(shape, Struct):
        shown = None if own is None else _members(own, shape.members, shape.empty)
        return shown if own is not None or member.always else None
    if isinstance(shape, Many):
        return _items(own, shape, usual)
    if own in _EMPTY and own == usual and not member.always:
        return None
    return _scalar(own, shape)


def _items(
    items: tuple[object, ...], many: Many, usual: tuple[object, ...]
) -> list[object] | None:
    shown: list[object] = []
    for index, item in enumerate(items):
        default = usual[index] if index < len(usual) else many.item.empty
        shown.append(_members(item, many.item.members, default))
    return shown if shown or usual else None


def _scalar(value: Any, shape: Scalar) -> object:
    match shape:
        case Scalar.DURATION:
            return format_duration(value)
        case Scalar.TEXTS:
            return list(value)
        case Scalar.SECRET:
            return value.reveal()
        case Scalar.BYTES:
            return list(value.reveal().encode("utf-8", "surrogateescape"))
        case _:
            return value
