"""Every fault that can be planted in the text of a module, by small changes to its syntax.

A change replaces one piece of the text by another, so that the rest stays as it was written. What is only said to people
is left alone: docstrings, annotations, texts of errors, what runs as a command line.
"""

import ast
from dataclasses import dataclass

COMPARED = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"), ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"), ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}  # fmt: skip
COMPUTED = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "+"), ast.FloorDiv: ("//", "*"), ast.Mod: ("%", "+"),
    ast.Div: ("/", "*"), ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"), ast.BitXor: ("^", "|"), ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
}  # fmt: skip
SIGNS = {ast.Not: "not", ast.Invert: "~", ast.USub: "-"}
CONDITIONS = ("If", "Elif")  # of Amaranth: `with m.If(...)`
NOTHING = "*()"  # in the place of an element of a list


@dataclass(frozen=True, kw_only=True)
class Change:
    """A fault: `text[begin:end]`, in bytes of UTF-8, becomes `after`. `line` counts from 1."""

    line: int
    begin: int
    end: int
    before: str
    after: str

    def applied(self, text: str) -> str:
        """The text with the fault."""
        data = text.encode()
        assert data[self.begin : self.end].decode() == self.before
        return (data[: self.begin] + self.after.encode() + data[self.end :]).decode()


def changes(text: str) -> list[Change]:
    """Every change to `text`, a module, in the order of the text. Each leaves a module that compiles."""
    found = _Finder(text).changes
    return sorted(set(found), key=lambda change: (change.begin, change.end, change.after))


class _Finder(ast.NodeVisitor):
    """Walks through the syntax of a module and collects `changes`."""

    def __init__(self, text: str) -> None:
        self.data = text.encode()
        self.starts = [0]
        for line in self.data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.changes: list[Change] = []
        self.visit(ast.parse(text))

    def _add(self, begin: int, end: int, after: str) -> None:
        before = self.data[begin:end].decode()
        line = self.data.count(b"\n", 0, begin) + 1
        self.changes.append(Change(line=line, begin=begin, end=end, before=before, after=after))

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def _text(self, node: ast.expr) -> str:
        begin, end = self._span(node)
        return self.data[begin:end].decode()

    def _between(self, left: ast.expr, right: ast.expr, sign: str, after: str) -> None:
        """Replace the `sign` that stands between two expressions, beside brackets."""
        begin, end = self._span(left)[1], self._span(right)[0]
        place = self.data[begin:end].find(sign.encode())
        assert place >= 0, sign
        self._add(begin + place, begin + place + len(sign), after)

    def _in_brackets(self, node: ast.expr, before: str, after: str) -> None:
        self._add(*self._span(node), f"{before}({self._text(node)}){after}")

    # what is only said to people

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Positions inside are not reliable, and most are texts of errors."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """A check."""

    def visit_arg(self, node: ast.arg) -> None:
        """The annotation of a parameter."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """An annotation that calls is a port of Amaranth's."""
        if isinstance(node.annotation, ast.Call):
            self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name == "main":
            return
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        for statement in node.body:
            self.visit(statement)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            self.visit(statement)

    # what is changed

    def visit_Compare(self, node: ast.Compare) -> None:
        if ast.unparse(node).startswith("__name__ =="):
            return
        for left, sign, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            self._between(left, right, *COMPARED[type(sign)])
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in COMPUTED and not (_is_text(node.left) or _is_text(node.right)):
            self._between(node.left, node.right, *COMPUTED[type(node.op)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        sign, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, sign, other)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if type(node.op) in SIGNS:
            begin = self._span(node)[0]
            self._add(begin, begin + len(SIGNS[type(node.op)]), "")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._add(*self._span(node), str(not node.value))
        elif isinstance(node.value, int):
            for value in {node.value + 1, abs(node.value - 1)}:
                self._add(*self._span(node), str(value))

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test).startswith("__name__ =="):
            return
        self._in_brackets(node.test, "not ", "")
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._in_brackets(node.test, "not ", "")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in CONDITIONS and len(node.args) == 1:
            self._in_brackets(node.args[0], "", " == 0")
        if name == "Mux" and len(node.args) == 3:
            (begin, middle), (other, end) = self._span(node.args[1]), self._span(node.args[2])
            between = self.data[middle:other].decode()
            self._add(begin, end, self._text(node.args[2]) + between + self._text(node.args[1]))
        if name not in ("require", "require_integer", "ContractError") or len(node.args) > 2:
            self.generic_visit(node)
        elif name == "require":
            self.visit(node.args[0])

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._add(*self._span(node), "pass")
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._add(*self._span(node), "pass")

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if ast.unparse(node.target).startswith("m.d"):
            orders = node.value.elts if isinstance(node.value, ast.List) else ()
            for order in orders:
                if not isinstance(order, ast.Starred):
                    self._add(*self._span(order), NOTHING)
            if not orders:
                self._add(*self._span(node), "pass")
        else:
            self._add(*self._span(node), "pass")
        self.visit(node.value)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
