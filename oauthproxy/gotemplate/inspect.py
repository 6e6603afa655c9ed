"""
Find out about a parsed template without rendering it.
"""

from collections.abc import Iterator

from attrs import frozen

from oauthproxy.gotemplate import nodes


@frozen(kw_only=True)
class Mention:
    """
    An operand where it stands: `root` tells whether the dot is still the value that
    the template was started with, `known` which variables there are.
    """

    operand: nodes.Operand
    line: int
    root: bool
    known: tuple[str, ...]


def mentions(body: nodes.Body, *, root: bool = True) -> Iterator[Mention]:
    """
    Yield every operand of a body.
    """
    yield from _body(body, root=root, known=("",))


def _body(body: nodes.Body, *, root: bool, known: tuple[str, ...]) -> Iterator[Mention]:
    for node in body:
        yield from _node(node, root=root, known=known)
        if isinstance(node, nodes.Action) and node.pipeline.declares:
            known = (*known, *node.pipeline.variables)


def _node(node: nodes.Node, *, root: bool, known: tuple[str, ...]) -> Iterator[Mention]:
    match node:
        case nodes.Action() | nodes.Invocation():
            if node.pipeline is not None:
                yield from _pipeline(node.pipeline, node.line, root=root, known=known)
        case nodes.Branch():
            inner = root and node.keyword != "with"
            yield from _block(node, inner=inner, root=root, known=known)
        case nodes.Range():
            yield from _block(node, inner=False, root=root, known=known)


def _block(
    node: nodes.Branch | nodes.Range,
    *,
    inner: bool,
    root: bool,
    known: tuple[str, ...],
) -> Iterator[Mention]:
    pipeline = node.pipeline
    line = pipeline.commands[0].line
    yield from _pipeline(pipeline, line, root=root, known=known)
    if pipeline.declares:
        known = (*known, *pipeline.variables)
    yield from _body(node.body, root=inner, known=known)
    yield from _body(node.otherwise, root=root, known=known)


def _pipeline(
    pipeline: nodes.Pipeline, line: int, *, root: bool, known: tuple[str, ...]
) -> Iterator[Mention]:
    if not pipeline.declares:
        for name in pipeline.variables:
            variable = nodes.Variable(name=name)
            yield Mention(operand=variable, line=line, root=root, known=known)
    for command in pipeline.commands:
        for operand in command.operands:
            yield from _operand(operand, command.line, root=root, known=known)


def _operand(
    operand: nodes.Operand, line: int, *, root: bool, known: tuple[str, ...]
) -> Iterator[Mention]:
    yield Mention(operand=operand, line=line, root=root, known=known)
    if isinstance(operand, nodes.Field):
        yield from _operand(operand.of, line, root=root, known=known)
    elif isinstance(operand, nodes.Pipeline):
        yield from _pipeline(operand, line, root=root, known=known)
