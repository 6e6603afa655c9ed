"""
Read the alpha configuration into the model.

Keys are compared without regard to case where none matches exactly; types are strict;
an unknown key anywhere is a mistake. Null leaves what was there before.
"""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define, evolve, field
from yaml.nodes import MappingNode, Node, SequenceNode

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.alpha import document
from oauthproxy.settings.alpha.schema import (
    ROOT,
    Many,
    Member,
    Scalar,
    Section,
    Struct,
)
from oauthproxy.settings.alpha.substitute import substitute
from oauthproxy.settings.durations import parse_duration
from oauthproxy.settings.given import nearest, wrong
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.legacy import AlphaReading, AlphaSettings
from oauthproxy.settings.model import ProviderSettings, TypeSettings, UpstreamSettings

T = TypeVar("T")

# What stands there before the document is read: the first provider of the document is
# laid over this one.
PREPARED = AlphaSettings(
    providers=(ProviderSettings(id="", types=TypeSettings(azure_tenant="common")),)
)


def read_alpha(
    path: str, content: bytes, environment: Mapping[str, str]
) -> AlphaReading:
    """
    Return what an alpha configuration says; `path` is named in messages only.
    """
    try:
        text = substitute(content.decode("utf-8-sig"), environment)
        root = document.first_document(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return _broken(f"{path}:{line}: not UTF-8 text")
    except ValueError as error:
        return _broken(f"{path}:{error}")
    decoding = _Decoding(path)
    settings = PREPARED
    if root is not None and not document.is_null(root):
        settings = decoding.struct(root, ROOT, PREPARED, "")
    return AlphaReading(
        settings=_completed(settings),
        origins=decoding.origins,
        problems=tuple(decoding.problems),
        failed=frozenset(decoding.failed),
    )


def _broken(problem: str) -> AlphaReading:
    return AlphaReading(AlphaSettings(), problems=(problem,), broken=True)


def _completed(settings: AlphaSettings) -> AlphaSettings:
    return evolve(
        settings,
        upstreams=tuple(_completed_upstream(item) for item in settings.upstreams),
        providers=tuple(_completed_provider(item) for item in settings.providers),
    )


def _completed_upstream(upstream: UpstreamSettings) -> UpstreamSettings:
    """
    Set everything that a static upstream does not use back to its default.
    """
    if not upstream.static:
        return upstream
    return UpstreamSettings(
        id=upstream.id,
        path=upstream.path,
        rewrite_target=upstream.rewrite_target,
        static=True,
        static_code=upstream.static_code,
        pass_host_header=False,
        proxy_websockets=False,
    )


def _completed_provider(provider: ProviderSettings) -> ProviderSettings:
    claims = provider.oidc.audience_claims or ("aud",)
    return evolve(provider, oidc=evolve(provider.oidc, audience_claims=claims))


@define
class _Decoding:
    """
    One walk over the document, which collects places and problems.
    """

    path: str
    origins: dict[str, str] = field(factory=dict)
    problems: list[str] = field(factory=list)
    failed: set[str] = field(factory=set)

    def struct(self, node: Node, struct: Struct, base: T, where: str) -> T:
        """
        Return `base` with the node's members laid over it.
        """
        values: dict[str, Any] = {}
        self._members(node, struct.members, base, where, values)
        return _laid_over(base, values)

    def _members(
        self,
        node: Node,
        members: tuple[Member, ...],
        base: object,
        where: str,
        values: dict[str, Any],
    ) -> None:
        if not isinstance(node, MappingNode):
            self._wrong(node, where, "must be a mapping")
            return
        seen: set[str] = set()
        exact = {key for key, _, _ in document.entries(node)}
        for key, key_node, value in document.entries(node):
            member = _member(key, members, exact)
            place = f"{where}.{key}" if where else key
            if member is None:
                hint = nearest(key, [m.name for m in members], lower=False)
                self._wrong(key_node, place, f"unknown key{hint}")
            elif member.name in seen:
                self._wrong(key_node, place, "given twice")
            else:
                seen.add(member.name)
                place = f"{where}.{member.name}" if where else member.name
                self._member(value, member, base, place, values)

    def _member(
        self,
        node: Node,
        member: Member,
        base: object,
        where: str,
        values: dict[str, Any],
    ) -> None:
        if document.is_null(node):
            return
        self.origins[where] = self._source(node)
        shape = member.shape
        if isinstance(shape, Section):
            self._members(node, shape.members, base, where, values)
        elif isinstance(shape, Struct):
            present = getattr(base, member.attribute) or shape.empty
            values[member.attribute] = self.struct(node, shape, present, where)
        elif isinstance(shape, Many):
            present = getattr(base, member.attribute)
            values[member.attribute] = self._items(node, shape, present, where)
        else:
            try:
                values[member.attribute] = _scalar(node, shape)
            except ValueError as error:
                self._wrong(node, where, str(error))

    def _items(
        self, node: Node, many: Many, present: tuple[object, ...], where: str
    ) -> tuple[object, ...]:
        if not isinstance(node, SequenceNode):
            self._wrong(node, where, "must be a list")
            return present
        found = []
        for index, item in enumerate(node.value):
            base = present[index] if index < len(present) else many.item.empty
            place = f"{where}[{index}]"
            self.origins[place] = self._source(item)
            if document.is_null(item):
                found.append(base)
            else:
                found.append(self.struct(item, many.item, base, place))
        return tuple(found)

    def _source(self, node: Node) -> str:
        return f"{self.path}:{document.line(node)}"

    def _wrong(self, node: Node, where: str, message: str) -> None:
        self.problems.append(wrong(where or "document", self._source(node), message))
        self.failed.add(where)


def _member(key: str, members: tuple[Member, ...], exact: set[str]) -> Member | None:
    for member in members:
        if member.name == key:
            return member
    for member in members:
        if member.name.lower() == key.lower() and member.name not in exact:
            return member
    return None


def _laid_over(base: T, values: Mapping[str, Any]) -> T:
    own = {name: value for name, value in values.items() if "." not in name}
    nested: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        outer, dot, inner = name.partition(".")
        if dot:
            nested.setdefault(outer, {})[inner] = value
    for outer, inside in nested.items():
        own[outer] = evolve(getattr(base, outer), **inside)
    return cast("T", evolve(cast("Any", base), **own))


def _scalar(node: Node, shape: Scalar) -> object:
    """
    Return a node's value; raises ValueError with what it must be instead.
    """
    if shape is Scalar.TEXTS:
        return _texts(node)
    value = document.scalar(node)
    match shape:
        case Scalar.FLAG if isinstance(value, bool):
            return value
        case Scalar.INTEGER if _is_number(value):
            return int(cast("float", value))
        case Scalar.DURATION:
            return _duration(value)
        case Scalar.SECRET if isinstance(value, str):
            return Secret(value)
        case Scalar.BYTES:
            return _bytes(node, value)
        case Scalar.TEXT if isinstance(value, str):
            return value
    raise ValueError(_WANTED[shape])


_WANTED = {
    Scalar.FLAG: "must be true or false",
    Scalar.INTEGER: "must be a whole number",
    Scalar.SECRET: "must be a text; put it in quotes",
    Scalar.TEXT: "must be a text; put it in quotes",
}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _duration(value: object) -> int:
    """
    Return nanoseconds: a text has its unit, a fraction is in seconds.
    """
    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, float):
        return int(value * SECOND)
    if _is_number(value):
        return int(cast("int", value))
    raise ValueError('must be a duration such as "30s"')


def _texts(node: Node) -> tuple[str, ...]:
    if not isinstance(node, SequenceNode):
        raise ValueError("must be a list of texts")
    found = []
    for item in node.value:
        value = document.scalar(item)
        if not isinstance(value, str):
            raise ValueError("must be a list of texts; put its items in quotes")
        found.append(value)
    return tuple(found)


def _bytes(node: Node, value: object) -> Secret:
    if isinstance(node, SequenceNode):
        numbers = [document.scalar(item) for item in node.value]
        if all(type(n) is int and 0 <= n < 256 for n in numbers):
            value = bytes(cast("list[int]", numbers))
    if isinstance(value, str):
        return Secret(value)
    if isinstance(value, bytes):
        return Secret(value.decode("utf-8", "surrogateescape"))
    raise ValueError("must be a text or a list of byte numbers")
