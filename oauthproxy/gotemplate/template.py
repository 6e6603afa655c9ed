"""
A template, parsed and checked, ready to be rendered.
"""

from collections.abc import Collection, Mapping

from oauthproxy.gotemplate import nodes
from oauthproxy.gotemplate.evaluate import Evaluation, Output
from oauthproxy.gotemplate.formatting import shown
from oauthproxy.gotemplate.functions import FUNCTIONS, LAZY
from oauthproxy.gotemplate.inspect import Mention, mentions
from oauthproxy.gotemplate.parser import Parser
from oauthproxy.gotemplate.problem import TemplateError

__all__ = ["Output", "PlainOutput", "Template"]


class PlainOutput:
    """
    Collect text and values as they are.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []

    def text(self, text: str) -> None:
        """
        Take text of the template itself.
        """
        self._parts.append(text)

    def value(self, value: object) -> None:
        """
        Take a value that has to be shown.
        """
        self._parts.append("<no value>" if value is None else shown(value))

    def result(self) -> str:
        """
        Return everything so far.
        """
        return "".join(self._parts)


class Template:
    """
    Parse `source`; raises TemplateError, also for unknown functions and variables.

    `name` is for messages. A source that only defines templates stands for the one
    among them that is called `root`.
    """

    def __init__(self, source: str, *, name: str, root: str = "") -> None:
        self._name = name
        self._root = root or name
        parser = Parser(name, source, self._root)
        parser.parse()
        self._definitions: nodes.Definitions = parser.definitions
        for mention in self._all_mentions():
            self._check(mention)

    @property
    def definitions(self) -> nodes.Definitions:
        """
        The templates that the source defines, itself among them.
        """
        return self._definitions

    def adopt(self, other: "Template") -> None:
        """
        Let the templates that another source defines be called from here.
        """
        self._definitions = {**other.definitions, **self._definitions}

    def check_fields(self, known: Collection[str]) -> None:
        """
        Raise TemplateError when a field of the value that rendering starts with
        is not known.
        """
        for mention in mentions(self._definitions[self._root]):
            name = _root_field(mention)
            if name is not None and name not in known:
                raise TemplateError(
                    self._name, mention.line, f"there is no field {name}"
                )

    def write(self, values: Mapping[str, object], output: Output) -> None:
        """
        Render into an output; raises TemplateError.
        """
        Evaluation(self._name, self._definitions, FUNCTIONS, output).run(
            self._root, values
        )

    def render(self, values: Mapping[str, object]) -> str:
        """
        Return the text with all values as they are; raises TemplateError.
        """
        output = PlainOutput()
        self.write(values, output)
        return output.result()

    def as_format(self) -> str | None:
        """
        Return the template as a pattern for `str.format_map` and a mapping of texts,
        or None when it is more than text and fields.
        """
        parts = []
        for node in self._definitions[self._root]:
            match node:
                case nodes.Text():
                    parts.append(node.text.replace("{", "{{").replace("}", "}}"))
                case nodes.Action(
                    pipeline=nodes.Pipeline(
                        variables=(),
                        commands=(
                            nodes.Command(
                                operands=(nodes.Field(of=nodes.Dot(), names=(name,)),)
                            ),
                        ),
                    )
                ):
                    parts.append(f"{{{name}}}")
                case _:
                    return None
        return "".join(parts)

    def _all_mentions(self) -> list[Mention]:
        return [m for body in self._definitions.values() for m in mentions(body)]

    def _check(self, mention: Mention) -> None:
        match mention.operand:
            case nodes.Function(name=name):
                if name not in FUNCTIONS and name not in LAZY:
                    raise TemplateError(
                        self._name, mention.line, f"function {name!r} not defined"
                    )
            case nodes.Variable(name=name):
                if name not in mention.known:
                    raise TemplateError(
                        self._name, mention.line, f"undefined variable ${name}"
                    )


def _root_field(mention: Mention) -> str | None:
    """
    Return the field that is taken from the starting value here, if one is.
    """
    match mention.operand:
        case nodes.Field(of=nodes.Dot(), names=names) if mention.root:
            return names[0]
        case nodes.Field(of=nodes.Variable(name=""), names=names):
            return names[0]
    return None
