"""
The grammar inside one action: pipelines, commands, operands.
"""

from oauthproxy.gotemplate import nodes
from oauthproxy.gotemplate.lexer import Piece, Token
from oauthproxy.gotemplate.literals import number, unquote
from oauthproxy.gotemplate.problem import TemplateError

_CONSTANTS = {"true": True, "false": False, "nil": None}
_END = Token("end", "")
_SEPARATORS = ("space", "end")


class Sentence:
    """
    Read the tokens of one action from left to right.

    White space tokens stay: `.A .B` are two operands, `(.A).B` is one.
    """

    def __init__(self, name: str, piece: Piece) -> None:
        self._name = name
        self._tokens = piece.tokens or ()
        self._at = 0
        self.line = piece.line

    def problem(self, text: str) -> TemplateError:
        """
        Return the error for something here.
        """
        return TemplateError(self._name, self.line, text)

    def peek_word(self) -> str:
        """
        Return the word that comes next, or the empty text.
        """
        token = self._peek()
        return token.text if token.kind == "word" else ""

    def skip_word(self) -> None:
        """
        Go past the word that comes next.
        """
        self._at += 1
        self._skip_space()

    def take_word(self) -> str:
        """
        Return the next word and go past it.
        """
        word = self.peek_word()
        self.skip_word()
        return word

    def is_over(self) -> bool:
        """
        Tell whether nothing is left.
        """
        self._skip_space()
        return self._at >= len(self._tokens)

    def is_single_word(self) -> bool:
        """
        Tell whether a word is all there is.
        """
        return len([t for t in self._tokens if t.kind != "space"]) == 1

    def finish(self) -> None:
        """
        Insist on the end of the action.
        """
        if not self.is_over():
            raise self.problem(f"unexpected {self._peek().text!r}")

    def name_of_template(self) -> str:
        """
        Read the quoted name of a template.
        """
        token = self._take()
        if token.kind not in ("string", "raw"):
            raise self.problem("expected the quoted name of a template")
        self._skip_space()
        return self._unquoted(token)

    def whole_pipeline(self, variables: int = 1) -> nodes.Pipeline:
        """
        Read a pipeline that fills the rest of the action.
        """
        pipeline = self._pipeline(variables)
        self.finish()
        return pipeline

    def _pipeline(self, variables: int) -> nodes.Pipeline:
        names, mark = self._assigned(variables)
        commands = [self._command()]
        while self._peek().text == "|":
            self._take()
            self._skip_space()
            commands.append(self._command())
        return nodes.Pipeline(
            commands=tuple(commands), variables=names, declares=mark == ":="
        )

    def _assigned(self, variables: int) -> tuple[tuple[str, ...], str]:
        """
        Read `$x :=`, `$x =` or, in a range, `$i, $x :=`, when that is what comes.
        """
        start, names = self._at, []
        while self._peek().kind == "variable":
            names.append(self._take().text[1:])
            self._skip_space()
            mark = self._peek().text
            if mark in (":=", "="):
                self._take()
                self._skip_space()
                if len(names) > variables:
                    raise self.problem("too many declarations")
                return tuple(names), mark
            if mark != ",":
                break
            self._take()
            self._skip_space()
        self._at = start
        return (), ""

    def _command(self) -> nodes.Command:
        operands: list[nodes.Operand] = []
        while True:
            self._skip_space()
            token = self._peek()
            if token.kind == "end" or token.text in ("|", ")"):
                break
            operands.append(self._operand())
            after = self._peek()
            if after.kind not in _SEPARATORS and after.text not in ("|", ")"):
                raise self.problem(f"unexpected {after.text!r} in operand")
        if not operands:
            raise self.problem("missing value for command")
        callable_first = isinstance(operands[0], nodes.Function | nodes.Field)
        if len(operands) > 1 and not callable_first:
            raise self.problem("can't give argument to non-function")
        return nodes.Command(operands=tuple(operands), line=self.line)

    def _operand(self) -> nodes.Operand:
        operand = self._bare_operand()
        names = []
        while self._peek().kind == "field":
            names.append(self._take().text[1:])
        if not names:
            return operand
        if isinstance(operand, nodes.Literal | nodes.Function):
            raise self.problem(f"unexpected .{names[0]} after a constant")
        if isinstance(operand, nodes.Field):
            names = [*operand.names, *names]
            operand = operand.of
        return nodes.Field(of=operand, names=tuple(names))

    def _bare_operand(self) -> nodes.Operand:
        token = self._take()
        match token.kind:
            case "field":
                return nodes.Field(of=nodes.Dot(), names=(token.text[1:],))
            case "dot":
                return nodes.Dot()
            case "variable":
                return nodes.Variable(name=token.text[1:])
            case "string" | "raw":
                return nodes.Literal(value=self._unquoted(token))
            case "char":
                return nodes.Literal(value=ord(self._unquoted(token)))
            case "number":
                return nodes.Literal(value=self._number(token))
            case "word" if token.text in _CONSTANTS:
                return nodes.Literal(value=_CONSTANTS[token.text])
            case "word":
                return nodes.Function(name=token.text)
            case "mark" if token.text == "(":
                return self._parenthesis()
        raise self.problem(f"unexpected {token.text!r} in command")

    def _parenthesis(self) -> nodes.Pipeline:
        self._skip_space()
        inner = self._pipeline(1)
        self._skip_space()
        if self._take().text != ")":
            raise self.problem("unclosed left paren")
        return inner

    def _unquoted(self, token: Token) -> str:
        try:
            text = unquote(token.text)
        except ValueError as cause:
            raise self.problem(str(cause)) from cause
        if token.kind == "char" and len(text) != 1:
            raise self.problem("malformed character constant")
        return text

    def _number(self, token: Token) -> int | float:
        try:
            return number(token.text)
        except ValueError as cause:
            raise self.problem(f"bad number {token.text}") from cause

    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _take(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _skip_space(self) -> None:
        while self._peek().kind == "space":
            self._at += 1
