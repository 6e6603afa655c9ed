"""
From pieces to nodes.

A body ends at `end` or `else`, which belongs to whoever opened it; `define` and
`block` add to the definitions of the whole template.
"""

from collections.abc import Iterator

from oauthproxy.gotemplate import nodes
from oauthproxy.gotemplate.lexer import Piece, pieces
from oauthproxy.gotemplate.problem import TemplateError
from oauthproxy.gotemplate.sentence import Sentence

_STOPS = ("end", "else")


class Parser:
    """
    Read one template and the templates it defines; `name` is for messages, `root` is
    what the template itself is called.
    """

    def __init__(self, name: str, source: str, root: str) -> None:
        self._name = name
        self._root = root
        self._pieces = _Rewindable(pieces(name, source))
        self._loops = 0
        self.definitions: dict[str, nodes.Body] = {}

    def parse(self) -> None:
        """
        Fill `definitions`; raises TemplateError.
        """
        body, stop = self._body()
        if stop is not None:
            raise self._problem(stop.line, f"unexpected {{{{{stop.peek_word()}}}}}")
        if self._root not in self.definitions or not _is_blank(body):
            self.definitions[self._root] = body

    def _problem(self, line: int, text: str) -> TemplateError:
        return TemplateError(self._name, line, text)

    def _body(self) -> tuple[nodes.Body, Sentence | None]:
        """
        Read nodes up to an action that ends the body, and return that too.
        """
        found: list[nodes.Node] = []
        for piece in self._pieces:
            if piece.tokens is None:
                found.append(nodes.Text(text=piece.text))
                continue
            sentence = Sentence(self._name, piece)
            if sentence.peek_word() in _STOPS:
                return tuple(found), sentence
            node = self._node(sentence)
            if node is not None:
                found.append(node)
        return tuple(found), None

    def _node(self, sentence: Sentence) -> nodes.Node | None:
        match sentence.peek_word():
            case "if" | "with" as keyword:
                sentence.skip_word()
                return self._branch(sentence, keyword)
            case "range":
                sentence.skip_word()
                return self._range(sentence)
            case "template":
                sentence.skip_word()
                return self._invocation(sentence)
            case "block":
                sentence.skip_word()
                return self._block(sentence)
            case "define":
                sentence.skip_word()
                self._define(sentence)
                return None
            case "break" | "continue" as keyword if sentence.is_single_word():
                return self._jump(sentence, keyword)
        return nodes.Action(pipeline=sentence.whole_pipeline(), line=sentence.line)

    def _branch(self, sentence: Sentence, keyword: str) -> nodes.Branch:
        pipeline = sentence.whole_pipeline()
        body, stop = self._body()
        stop = self._required(stop, sentence)
        return nodes.Branch(
            keyword=keyword,
            pipeline=pipeline,
            body=body,
            otherwise=self._otherwise(stop, keyword),
        )

    def _otherwise(self, stop: Sentence, keyword: str) -> nodes.Body:
        """
        Read what follows the first body: nothing, `else`, or `else if`.
        """
        if stop.take_word() == "end":
            stop.finish()
            return ()
        chained = stop.peek_word()
        if chained in ("if", "with"):
            if chained != keyword:
                raise self._problem(stop.line, f"unexpected {chained} after else")
            stop.skip_word()
            return (self._branch(stop, keyword),)
        stop.finish()
        body, last = self._body()
        last = self._required(last, stop)
        if last.take_word() != "end":
            raise self._problem(last.line, "expected end; found {{else}}")
        last.finish()
        return body

    def _range(self, sentence: Sentence) -> nodes.Range:
        pipeline = sentence.whole_pipeline(variables=2)
        self._loops += 1
        body, stop = self._body()
        self._loops -= 1
        stop = self._required(stop, sentence)
        otherwise = self._otherwise(stop, "range")
        return nodes.Range(
            pipeline=pipeline, body=body, otherwise=otherwise, line=sentence.line
        )

    def _jump(self, sentence: Sentence, keyword: str) -> nodes.Jump:
        if not self._loops:
            raise self._problem(sentence.line, f"{keyword} outside of range")
        return nodes.Jump(keyword=keyword)

    def _invocation(self, sentence: Sentence) -> nodes.Invocation:
        name = sentence.name_of_template()
        pipeline = None if sentence.is_over() else sentence.whole_pipeline()
        return nodes.Invocation(name=name, pipeline=pipeline, line=sentence.line)

    def _block(self, sentence: Sentence) -> nodes.Invocation:
        invocation = self._invocation(sentence)
        if invocation.pipeline is None:
            raise self._problem(sentence.line, "missing value for block clause")
        self._definition(invocation.name, sentence)
        return invocation

    def _define(self, sentence: Sentence) -> None:
        name = sentence.name_of_template()
        sentence.finish()
        self._definition(name, sentence)

    def _definition(self, name: str, opening: Sentence) -> None:
        body, stop = self._body()
        stop = self._required(stop, opening)
        if stop.take_word() != "end":
            raise self._problem(stop.line, "unexpected {{else}} in define clause")
        stop.finish()
        self.definitions[name] = body

    def _required(self, stop: Sentence | None, opening: Sentence) -> Sentence:
        if stop is None:
            raise self._problem(opening.line, "unexpected EOF: no {{end}} for this")
        return stop


class _Rewindable:
    """
    An iterator that nested bodies share.
    """

    def __init__(self, source: Iterator[Piece]) -> None:
        self._source = source

    def __iter__(self) -> Iterator[Piece]:
        return self._source


def _is_blank(body: nodes.Body) -> bool:
    """
    Tell whether a file holds nothing but definitions, perhaps one of itself.
    """
    return all(isinstance(n, nodes.Text) and not n.text.strip() for n in body)
