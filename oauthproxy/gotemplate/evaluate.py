"""
Walk the nodes of a template with values at hand.

Rule 1: a template ends: bodies called within bodies, repetitions and output have
limits, because a template is a file that somebody may get wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from oauthproxy.gotemplate import nodes
from oauthproxy.gotemplate.functions import LAZY, Functions, is_true
from oauthproxy.gotemplate.problem import TemplateError

DEEPEST = 40
MOST_STEPS = 100_000


class Output(Protocol):
    """
    Where a template's text and values go.
    """

    def text(self, text: str) -> None:
        """
        Take text of the template itself.
        """

    def value(self, value: object) -> None:
        """
        Take a value that has to be shown.
        """


class _Jump(Exception):
    """
    A `break` or `continue` on its way to its loop.
    """


class Evaluation:
    """
    One rendering of one template.
    """

    def __init__(
        self,
        name: str,
        definitions: nodes.Definitions,
        functions: Functions,
        output: Output,
    ) -> None:
        self._name = name
        self._definitions = definitions
        self._functions = functions
        self._output = output
        self._variables: list[tuple[str, object]] = []
        self._depth = 0
        self._steps = 0

    def run(self, name: str, dot: object) -> None:
        """
        Render a defined template; `$` is its value again.
        """
        outer, self._variables = self._variables, [("", dot)]
        self._depth += 1
        self._body(self._definitions[name], dot)
        self._depth -= 1
        self._variables = outer

    def _problem(self, line: int, text: str) -> TemplateError:
        return TemplateError(self._name, line, text)

    def _body(self, body: nodes.Body, dot: object) -> None:
        kept = len(self._variables)
        try:
            for node in body:
                self._node(node, dot)
        finally:
            del self._variables[kept:]

    def _node(self, node: nodes.Node, dot: object) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise self._problem(0, "the template does not end")
        match node:
            case nodes.Text():
                self._output.text(node.text)
            case nodes.Action():
                value = self._pipeline(node.pipeline, dot)
                if not node.pipeline.variables:
                    self._output.value(value)
            case nodes.Branch():
                self._branch(node, dot)
            case nodes.Range():
                self._range(node, dot)
            case nodes.Invocation():
                self._invoke(node, dot)
            case nodes.Jump():
                raise _Jump(node.keyword)

    def _branch(self, node: nodes.Branch, dot: object) -> None:
        kept = len(self._variables)
        value = self._pipeline(node.pipeline, dot)
        if is_true(value):
            self._body(node.body, value if node.keyword == "with" else dot)
        else:
            self._body(node.otherwise, dot)
        del self._variables[kept:]

    def _range(self, node: nodes.Range, dot: object) -> None:
        kept = len(self._variables)
        pipeline = node.pipeline
        bare = nodes.Pipeline(commands=pipeline.commands)
        pairs = self._pairs(self._pipeline(bare, dot), node)
        empty = True
        for key, item in pairs:
            empty = False
            self._bind(pipeline, key, item)
            try:
                self._body(node.body, item)
            except _Jump as jump:
                if str(jump) == "break":
                    break
            finally:
                if pipeline.declares:
                    del self._variables[kept:]
        if empty:
            self._body(node.otherwise, dot)

    def _pairs(
        self, value: object, node: nodes.Range
    ) -> Iterable[tuple[object, object]]:
        if isinstance(value, Mapping):
            return sorted(value.items(), key=lambda pair: str(pair[0]))
        if value is None or isinstance(value, bool | str):
            raise self._problem(node.line, "range can't iterate over this value")
        if isinstance(value, int):
            return ((i, i) for i in range(min(value, MOST_STEPS)))
        if isinstance(value, Sequence):
            return enumerate(value)
        raise self._problem(node.line, "range can't iterate over this value")

    def _bind(self, pipeline: nodes.Pipeline, key: object, item: object) -> None:
        names = pipeline.variables
        values = (key, item) if len(names) == 2 else (item,)
        for name, value in zip(names, values, strict=False):
            self._assign(name, value, declares=pipeline.declares)

    def _assign(self, name: str, value: object, *, declares: bool) -> None:
        if declares:
            self._variables.append((name, value))
            return
        for at in range(len(self._variables) - 1, -1, -1):
            if self._variables[at][0] == name:
                self._variables[at] = (name, value)
                return

    def _invoke(self, node: nodes.Invocation, dot: object) -> None:
        if node.name not in self._definitions:
            raise self._problem(node.line, f"template {node.name!r} not defined")
        if self._depth >= DEEPEST:
            raise self._problem(node.line, "templates call each other too deeply")
        value = None if node.pipeline is None else self._pipeline(node.pipeline, dot)
        self.run(node.name, value)

    def _pipeline(self, pipeline: nodes.Pipeline, dot: object) -> object:
        final: tuple[object, ...] = ()
        value: object = None
        for command in pipeline.commands:
            value = self._command(command, dot, final)
            final = (value,)
        for name in pipeline.variables:
            self._assign(name, value, declares=pipeline.declares)
        return value

    def _command(
        self, command: nodes.Command, dot: object, final: tuple[object, ...]
    ) -> object:
        first, *others = command.operands
        if not isinstance(first, nodes.Function):
            if others or final:
                raise self._problem(command.line, "can't give argument to non-function")
            return self._operand(first, dot, command.line)
        if first.name in LAZY:
            return self._lazy(first.name, others, dot, command.line, final)
        arguments = [self._operand(o, dot, command.line) for o in others]
        return self._call(first.name, (*arguments, *final), command.line)

    def _call(self, name: str, arguments: Sequence[object], line: int) -> object:
        try:
            return self._functions[name](*arguments)
        except (TypeError, ValueError, AttributeError) as cause:
            raise self._problem(line, f"error calling {name}: {cause}") from cause

    def _lazy(
        self,
        name: str,
        operands: Sequence[nodes.Operand],
        dot: object,
        line: int,
        final: tuple[object, ...],
    ) -> object:
        """
        Return the first argument that decides an `and` or an `or`, else the last.
        """
        value: object = None
        for operand in operands:
            value = self._operand(operand, dot, line)
            if is_true(value) is (name == "or"):
                return value
        return final[0] if final else value

    def _operand(self, operand: nodes.Operand, dot: object, line: int) -> object:
        match operand:
            case nodes.Literal():
                return operand.value
            case nodes.Dot():
                return dot
            case nodes.Variable():
                return self._variable(operand.name)
            case nodes.Field():
                value = self._operand(operand.of, dot, line)
                for name in operand.names:
                    value = self._member(value, name, line)
                return value
            case nodes.Function():
                return self._call(operand.name, (), line)
            case nodes.Pipeline():
                return self._pipeline(operand, dot)

    def _variable(self, name: str) -> object:
        return next(v for n, v in reversed(self._variables) if n == name)

    def _member(self, value: object, name: str, line: int) -> object:
        if isinstance(value, Mapping) and name in value:
            member: object = value[name]
            return member
        raise self._problem(line, f"can't evaluate field {name}")
