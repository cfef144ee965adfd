"""The expressions of XLSForm that our forms use, worked out on texts as a phone does; a blank is ""."""

import re
import uuid
from collections.abc import Mapping

_TOKEN = re.compile(
    r"\s*(?:(?P<ref>\$\{\w+\})|(?P<text>'[^']*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[a-z][\w-]*)"
    r"|(?P<sign><=|>=|!=|[=<>(),.]))"
)


def evaluate(expression: str, answers: Mapping[str, str], *, own: str = "") -> object:
    """Return what an expression gives: True or False, a text or a number.

    `own` is the answer that `.` stands for. Raises ValueError for anything that is not known here.
    """
    parser = _Parser(expression, answers, own)
    value = parser.either()
    if parser.tokens:
        raise ValueError(f"cannot read {expression!r} from {parser.tokens[0]}")
    return value


def number(value: object) -> float:
    """Return a value as a number; NaN for a blank or any other text, as XPath has it."""
    try:
        return float(value)
    except ValueError:
        return float("nan")


def _equal(left: object, right: object) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        return number(left) == number(right)
    return left == right


_COMPARE = {
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": lambda left, right: number(left) < number(right),
    "<=": lambda left, right: number(left) <= number(right),
    ">": lambda left, right: number(left) > number(right),
    ">=": lambda left, right: number(left) >= number(right),
}


class _Parser:
    def __init__(self, expression: str, answers: Mapping[str, str], own: str) -> None:
        self.tokens, self.answers, self.own = [], answers, own
        position = 0
        while position < len(expression.rstrip()):
            found = _TOKEN.match(expression, position)
            if not found:
                raise ValueError(f"cannot read {expression[position:]!r}")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            position = found.end()

    def _next_is(self, text: str) -> bool:
        if self.tokens and self.tokens[0][1] == text and self.tokens[0][0] != "text":
            self.tokens.pop(0)
            return True
        return False

    def either(self) -> object:
        value = self._both()
        while self._next_is("or"):
            value = bool(self._both()) | bool(value)
        return value

    def _both(self) -> object:
        value = self._compared()
        while self._next_is("and"):
            value = bool(self._compared()) & bool(value)
        return value

    def _compared(self) -> object:
        left = self._value()
        if self.tokens and self.tokens[0][1] in _COMPARE and self.tokens[0][0] == "sign":
            return _COMPARE[self.tokens.pop(0)[1]](left, self._value())
        return left

    def _value(self) -> object:
        kind, text = self.tokens.pop(0)
        if kind == "ref":
            return self.answers.get(text[2:-1], "")
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return float(text)
        if text == ".":
            return self.own
        if text == "(":
            value = self.either()
            self._expect(")")
            return value
        if kind == "name":
            return self._call(text)
        raise ValueError(f"cannot read {text!r}")

    def _call(self, name: str) -> object:
        self._expect("(")
        given = []
        while not self._next_is(")"):
            given.append(self.either())
            self._next_is(",")
        return {
            "not": lambda value: not value,
            "selected": lambda chosen, code: code in chosen.split(),
            "regex": lambda text, pattern: re.fullmatch(pattern, text) is not None,
            "if": lambda test, yes, no: yes if test else no,
            "once": lambda value: self.own or value,
            "concat": lambda *texts: "".join(texts),
            "substr": lambda text, start, end: text[int(start) : int(end)],
            "translate": lambda text, old, new: text.translate(str.maketrans(old, new)),
            "uuid": lambda: str(uuid.uuid4()),
        }[name](*given)

    def _expect(self, text: str) -> None:
        if not self._next_is(text):
            raise ValueError(f"{text!r} is missing")
