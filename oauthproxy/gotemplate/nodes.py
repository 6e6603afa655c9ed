"""
A parsed template, as values.

Expressions (`Expression`) give a value, nodes (`Node`) give output. `line` is where
it began, for messages.
"""

from collections.abc import Mapping

from attrs import field, frozen


@frozen(kw_only=True)
class Literal:
    """
    A text, a number, a truth value, or nil.
    """

    value: str | int | float | bool | None


@frozen(kw_only=True)
class Dot:
    """
    The value at hand.
    """


@frozen(kw_only=True)
class Variable:
    """
    `$name`; the empty name is `$`, the value the template was started with.
    """

    name: str


@frozen(kw_only=True)
class Field:
    """
    One or more field names after an operand: `.A.B`, `$x.A`, `(…).A`.
    """

    of: "Operand"
    names: tuple[str, ...]


@frozen(kw_only=True)
class Function:
    """
    A function by its name; alone it is called without arguments.
    """

    name: str


@frozen(kw_only=True)
class Command:
    """
    An operand, or a function with its arguments.
    """

    operands: tuple["Operand", ...]
    line: int = field(eq=False)


@frozen(kw_only=True)
class Pipeline:
    """
    Commands, each given the result of the one before; perhaps kept in variables.
    """

    commands: tuple[Command, ...]
    variables: tuple[str, ...] = ()
    declares: bool = False


Operand = Literal | Dot | Variable | Field | Function | Pipeline


@frozen(kw_only=True, eq=False)
class Text:
    """
    Text as it stands.
    """

    text: str


@frozen(kw_only=True, eq=False)
class Action:
    """
    The value of a pipeline.
    """

    pipeline: Pipeline
    line: int


@frozen(kw_only=True, eq=False)
class Branch:
    """
    `if` or `with`.
    """

    keyword: str
    pipeline: Pipeline
    body: "Body"
    otherwise: "Body" = ()


@frozen(kw_only=True, eq=False)
class Range:
    """
    `range`.
    """

    pipeline: Pipeline
    body: "Body"
    line: int
    otherwise: "Body" = ()


@frozen(kw_only=True, eq=False)
class Jump:
    """
    `break` or `continue`.
    """

    keyword: str


@frozen(kw_only=True, eq=False)
class Invocation:
    """
    `template`.
    """

    name: str
    pipeline: Pipeline | None
    line: int


Node = Text | Action | Branch | Range | Jump | Invocation
Body = tuple[Node, ...]
Definitions = Mapping[str, Body]
