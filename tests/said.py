"""What the source of a part of the centre can say: its sentences, with `{}` for what is filled in, and what it says in places of them."""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = "{}"

Node = ast.Call | ast.Dict
Function = ast.FunctionDef | ast.AsyncFunctionDef | None


@dataclass
class Said:
    """`sentences` as they are said; `words`: what stands in their places and is not a value from elsewhere."""

    sentences: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Spot:
    """An expression, and the function that it stands in."""

    node: ast.expr
    within: Function


class Source:
    """Modules read together: names are followed to what is assigned to them, parameters to their callers, calls to what is returned.

    `values`: functions that make a value, such as a time, and no words.
    """

    def __init__(self, *paths: str, values: Iterable[str] = ()) -> None:
        files = sorted(file for path in paths for file in ((ROOT / path).glob("*.py") if (ROOT / path).is_dir() else [ROOT / path]))
        self._trees = [ast.parse(file.read_text()) for file in files]
        self._values = frozenset(values)
        self._functions = {node.name: node for tree in self._trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        self._constants = {
            target.id: node.value
            for tree in self._trees
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        self._written = [each for tree in self._trees for each in _found(tree, None)]
        self._calls = [(node, within) for node, within in self._written if isinstance(node, ast.Call)]
        self._open: set[tuple[int, int]] = set()
        self._said = Said()

    def said(self, which: Callable[[Node], Iterable[ast.expr | None]]) -> Said:
        """Of every call and every table written down what `which` names of it."""
        self._said = Said()
        for written, within in self._written:
            for node in which(written):
                if node is not None:
                    self._said.sentences.update(text for text in self._texts(_Spot(node, within)) if _speaks(text))
        return self._said

    def returned(self, function: str) -> set[str]:
        """What a function returns."""
        return {text for text in self._returns(self._functions[function]) if _speaks(text)}

    def _texts(self, spot: _Spot) -> list[str]:
        """What an expression may say as a whole; `{}` where that is not this source's."""
        key = (id(spot.node), id(spot.within))
        if key in self._open:
            return []
        self._open.add(key)
        try:
            return self._of(spot.node, spot.within)
        finally:
            self._open.discard(key)

    def _of(self, node: ast.expr, within: Function) -> list[str]:
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else [] if node.value is None else [PLACE]
        if isinstance(node, ast.JoinedStr):
            return ["".join(self._piece(part, within) for part in node.values)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return ["".join(pair) for pair in product(self._texts(_Spot(node.left, within)), [self._in_place(node.right, within)])]
        if isinstance(node, ast.IfExp):
            return [*self._texts(_Spot(node.body, within)), *self._texts(_Spot(node.orelse, within))]
        if isinstance(node, ast.BoolOp):
            return [text for value in node.values for text in self._texts(_Spot(value, within))]
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Constant | ast.Name | ast.Dict):
            return self._chosen(node.value, within) or [PLACE]
        if isinstance(node, ast.Subscript):
            return self._texts(_Spot(node.value, within)) if isinstance(node.slice, ast.Slice) else [PLACE]
        if isinstance(node, ast.Name):
            found = [text for value in self._bound(node.id, within) for text in self._texts(value)]
            return found or [PLACE]
        if isinstance(node, ast.Call):
            return self._called(node, within)
        return [PLACE]

    def _piece(self, part: ast.expr, within: Function) -> str:
        if isinstance(part, ast.Constant):
            return str(part.value)
        assert isinstance(part, ast.FormattedValue)
        return self._in_place(part.value, within)

    def _in_place(self, node: ast.expr, within: Function) -> str:
        self._said.words.update(text for text in self._texts(_Spot(node, within)) if _speaks(text))
        return PLACE

    def _chosen(self, of: ast.expr, within: Function) -> list[str]:
        """Of a table by name, whichever value."""
        tables = [_Spot(of, within)] if isinstance(of, ast.Dict) else self._bound(of.id, within) if isinstance(of, ast.Name) else []
        values = [each for spot in tables if isinstance(spot.node, ast.Dict) for each in spot.node.values]
        return [text for each in values for text in self._texts(_Spot(each, within))]

    def _called(self, call: ast.Call, within: Function) -> list[str]:
        name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name == "join" and isinstance(call.func, ast.Attribute):
            return [text for spot in self._elements(call.args[0], within) for text in self._texts(spot)] or [PLACE]
        if name in ("next", "min", "max") and call.args:
            return [text for spot in self._elements(call.args[0], within) for text in self._texts(spot)] or [PLACE]
        function = self._functions.get(name)
        if function is None or name in self._values or not _tells(function):
            return [PLACE]
        return self._returns(function) or [PLACE]

    def _returns(self, function: ast.FunctionDef) -> list[str]:
        return [
            text
            for node in ast.walk(function)
            if isinstance(node, ast.Return) and node.value is not None
            for text in self._texts(_Spot(node.value, function))
        ]

    def _elements(self, node: ast.expr, within: Function) -> list[_Spot]:
        """What a list holds, as far as it is written down here."""
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [
                spot
                for each in node.elts
                for spot in (self._elements(each.value, within) if isinstance(each, ast.Starred) else [_Spot(each, within)])
            ]
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
            return [_Spot(node.elt, within)]
        if isinstance(node, ast.IfExp):
            return [*self._elements(node.body, within), *self._elements(node.orelse, within)]
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("sorted", "dict.fromkeys") and node.args:
            return self._elements(node.args[0], within)
        if isinstance(node, ast.Name):
            added = [
                _Spot(call.args[0], within)
                for call, of in self._calls
                if of is within
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "append"
                and isinstance(call.func.value, ast.Name)
                and call.func.value.id == node.id
            ]
            return [*added, *(spot for value in self._bound(node.id, within) for spot in self._elements(value.node, value.within))]
        return []

    def _bound(self, name: str, within: Function) -> list[_Spot]:
        """What a name may stand for."""
        if within is None:
            return [_Spot(self._constants[name], None)] if name in self._constants else []
        found = [_Spot(value, within) for node in ast.walk(within) for value in _bindings(node, name)]
        names = [argument.arg for argument in (*within.args.posonlyargs, *within.args.args)]
        if name in names or name in [argument.arg for argument in within.args.kwonlyargs]:
            found += self._given(within.name, name, names)
        return found or ([_Spot(self._constants[name], None)] if name in self._constants else [])

    def _given(self, function: str, name: str, names: list[str]) -> list[_Spot]:
        found: list[_Spot] = []
        for call, within in self._calls:
            if not (isinstance(call.func, ast.Name) and call.func.id == function):
                continue
            place = names.index(name) if name in names else len(call.args)
            found += [_Spot(word.value, within) for word in call.keywords if word.arg == name]
            found += [_Spot(call.args[place], within)] if place < len(call.args) else []
        return found


def argument(call: Node, place: int, name: str) -> ast.expr | None:
    """An argument by its place or its name, a value by its name; None where it is not given."""
    if isinstance(call, ast.Dict):
        pairs = zip(call.keys, call.values, strict=True)
        return next((value for key, value in pairs if isinstance(key, ast.Constant) and key.value == name), None)
    named = next((word.value for word in call.keywords if word.arg == name), None)
    return named if named is not None else call.args[place] if 0 <= place < len(call.args) else None


def calls(call: Node, *names: str) -> bool:
    """Whether it calls one of these, by its plain name."""
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names


def _found(node: ast.AST, within: Function) -> Iterator[tuple[Node, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call | ast.Dict):
            yield child, within
        yield from _found(child, child if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else within)


def _bindings(node: ast.AST, name: str) -> Iterator[ast.expr]:
    """What this node assigns to the name."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _of_target(target, node.value, name)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield from _of_target(node.target, node.value, name)
    elif isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, ast.Tuple | ast.List):
        for each in node.iter.elts:
            yield from _of_target(node.target, each, name)


def _of_target(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    if isinstance(target, ast.Tuple):
        for value_of in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
            if isinstance(value_of, ast.Tuple):
                for each, given in zip(target.elts, value_of.elts, strict=False):
                    yield from _of_target(each, given, name)


def _tells(function: ast.FunctionDef) -> bool:
    return function.returns is not None and "str" in ast.unparse(function.returns).split(" | ")


def _speaks(text: str) -> bool:
    """Whether there is a word in it, and not only values."""
    return any(letter.isalpha() for letter in text)
