"""The code of this repository as data: which module needs which, and how dense its lines are.

`python -m tests.tree picture` draws the rooms and what each imports, as docs/architecture.md shows them;
`python -m tests.tree density` prints decisions a body line, the densest folder first.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("index", "rag", "evals")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DECISIONS = (ast.If, ast.IfExp, ast.For, ast.While, ast.ExceptHandler, ast.comprehension, ast.match_case)


@dataclass(frozen=True, slots=True)
class Density:
    """Lines of function bodies that hold code, and the decisions on them."""

    decisions: int
    lines: int

    @property
    def ratio(self) -> float:
        """Decisions a line; none where there are no lines."""
        return self.decisions / self.lines if self.lines else 0.0


def sources() -> list[Path]:
    """Every file of code that is no test."""
    return sorted([*(path for name in PACKAGES for path in (ROOT / name).rglob("*.py")), ROOT / "ui.py"])


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"))


def module_of(path: Path) -> str:
    """The name under which a file is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def needed() -> dict[str, set[str]]:
    """For each module of ours the modules of ours that it imports, those inside functions too."""
    modules = {module_of(path): path for path in sources()}
    return {name: {*_ours(parsed(path), modules.keys())} for name, path in modules.items()}


def room_of(module: str) -> str:
    """The folder that a module is in, which for one beside the rooms is its package."""
    names = module.split(".")
    depth = 3 if module.startswith("rag.app.") else 2
    is_room = (ROOT.joinpath(*names[:depth]) / "__init__.py").exists()
    return ".".join(names[:depth] if is_room else names[: depth - 1])


def picture() -> str:
    """The rooms of `index` and `rag` and what each imports of the others, as Mermaid.

    What is imported by way of another room is left out, since an arrow through that room leads there.
    """
    arrows = _between_rooms()
    lines = ["flowchart TD"]
    for package in ("rag", "index"):
        rooms = sorted(room for room in arrows if room.split(".")[0] == package)
        lines += [f"    subgraph {package}", *(f"        {_id(room)}[{room}]" for room in rooms), "    end"]
    for room in sorted(arrows):
        lines += [f"    {_id(room)} --> {_id(other)}" for other in sorted(_direct(room, arrows))]
    return "\n".join(lines)


def density(path: Path) -> Density:
    """How dense the functions of a file are."""
    decisions, lines = 0, set[int]()
    for node in ast.walk(parsed(path)):
        if isinstance(node, _FUNCTIONS):
            for statement in _body(node):
                lines |= _code_lines(statement)
                decisions += sum(map(_weight, _own(statement)))
    return Density(decisions, len(lines))


def densities() -> dict[str, Density]:
    """How dense each room is."""
    decisions, lines = Counter[str](), Counter[str]()
    for path in sources():
        measured = density(path)
        decisions[room_of(module_of(path))] += measured.decisions
        lines[room_of(module_of(path))] += measured.lines
    return {room: Density(decisions[room], lines[room]) for room in lines}


def _ours(tree: ast.AST, modules: Collection[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules else node.module for name in inside)


def _between_rooms() -> dict[str, set[str]]:
    arrows: dict[str, set[str]] = {}
    for module, imports in needed().items():
        room = room_of(module)
        if room.startswith(("index.", "rag.")):
            others = {room_of(other) for other in imports} - {room}
            arrows.setdefault(room, set()).update(other for other in others if other.startswith(("index.", "rag.")))
    return arrows


def _direct(room: str, arrows: dict[str, set[str]]) -> set[str]:
    """The rooms imported by `room` that none of the others it imports leads to."""
    return {other for other in arrows[room] if not any(other in _reach(via, arrows) for via in arrows[room] - {other})}


def _reach(room: str, arrows: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [room]
    while waiting:
        fresh = arrows.get(waiting.pop(), set()) - reached
        reached |= fresh
        waiting += fresh
    return reached


def _id(room: str) -> str:
    return room.replace(".", "_")


def _body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """The statements of a function without its docstring."""
    return function.body[1:] if ast.get_docstring(function) else function.body


def _own(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement but for those of functions inside it, which are measured by themselves."""
    if isinstance(statement, _FUNCTIONS):
        return
    yield statement
    for child in ast.iter_child_nodes(statement):
        yield from _own(child)


def _code_lines(statement: ast.stmt) -> set[int]:
    """The lines on which a statement has code."""
    return {node.lineno for node in _own(statement) if isinstance(node, ast.stmt | ast.expr | ast.ExceptHandler)}


def _weight(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    conditions = len(node.ifs) if isinstance(node, ast.comprehension) else 0
    return conditions + isinstance(node, _DECISIONS)


def main(command: str) -> str:
    """What a command prints. Raises: SystemExit, for one that there is not."""
    if command == "picture":
        return picture()
    if command == "density":
        rows = sorted(densities().items(), key=lambda row: row[1].ratio, reverse=True)
        total = Density(sum(row.decisions for _, row in rows), sum(row.lines for _, row in rows))
        return "\n".join(f"{row.ratio:.2f} {row.lines:6,} {name}" for name, row in [*rows, ("all", total)])
    raise SystemExit("tests.tree: say `picture` or `density`.")


if __name__ == "__main__":
    sys.stdout.write(main(" ".join(sys.argv[1:])) + "\n")
