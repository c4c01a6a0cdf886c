"""The drawings of the stars, made from the tests that hold facts and dimensions together.

A fact is joined to a dimension where a test says that every key of the one is in the other. The
tests are read from dbt's manifest, the weekly audits among them, so that no drawing shows a join
that nothing checks. The page has Mermaid, which GitHub draws, and tables that any reader shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.settings import ROOT

PAGE = ROOT / "docs" / "stars.md"
# Folder of models/facts -> what the star is about; the order is that of the page.
STARS = {
    "tourisme": "Visitors",
    "sigeti": "Industrial zones",
    "erp": "Orders and purchase prices",
    "atelier": "Workshop",
    "commandes": "Orders of roller shutters",
}
_INTRODUCTION = """\
# The stars: facts, dimensions and what joins them

Written by `entrepot docs` from the tests that hold keys and dimensions together (`relationships`
and its kin in `macros/tests_*.sql`, weekly audits included): a join that is drawn is a join that is
tested. A fact shares its box with those that hold its details (`..._departements`, `..._pays`), and
with others of the same keys: the box has the keys of all of them, the table above it those of each.
Of a table the keys and the names are shown; all columns are in the docs site
(`docs/site/index.html`).

A line with two bars at the dimension means one row for each key. A line with a fork there means
that the dimension has a row per version: add `est_derniere_version`, or join by a key that begins
with `cle_`.
"""


@dataclass(frozen=True)
class Join:
    """The columns by which a table is joined to another one, as a test checks it."""

    child: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]


def joins(manifest: Mapping[str, Any]) -> list[Join]:
    """Every join between facts and dimensions that a test of the manifest checks, in order."""
    models = _models(manifest)
    found = {
        join
        for test in _tests(manifest)
        for join in _joins_of(test)
        if join.child in models and join.parent in models
    }
    return sorted(found, key=lambda join: (join.child, join.parent, join.columns))


def _models(manifest: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Facts and dimensions that are built, by name."""
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["original_file_path"].replace("\\", "/").startswith(_FOLDERS)
    }


_FOLDERS = ("models/facts/", "models/dimensions/")


def _tests(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Generic tests; those of the audit are disabled in an ordinary build, and are there too."""
    disabled = (node for nodes in manifest["disabled"].values() for node in nodes)
    for node in (*manifest["nodes"].values(), *disabled):
        if node["resource_type"] == "test" and node.get("test_metadata"):
            yield node


def _joins_of(test: Mapping[str, Any]) -> Iterator[Join]:
    """What one test checks; nothing when it is of another kind, or looks at some rows only."""
    kind, arguments = test["test_metadata"]["name"], test["test_metadata"]["kwargs"]
    # A disabled test is not attached to its model: what it names is all it tells.
    child = (test.get("attached_node") or "").split(".")[-1] or _referred(arguments["model"])
    column = arguments.get("column_name")
    if test["config"].get("where"):
        return
    if kind == "relationships":
        yield Join(child, (column,), _referred(arguments["to"]), (arguments["field"],))
    elif kind == "cle_connue_des_tranches":
        yield Join(child, (column,), _referred(arguments["dimension"]), (column,))
    elif kind in ("cles_connues", "audit_cles"):
        for key, target in arguments["dimensions"].items():
            dimension, _, field = target.partition(".")
            yield Join(child, (key,), dimension, (field or key,))
    elif kind == "rattachement_connu":
        columns = tuple(arguments["columns"])
        yield Join(child, columns, _referred(arguments["fait"]), columns)


def _referred(reference: str) -> str:
    """The model that `ref('model')`, in whatever wrapping, names."""
    return reference.split("ref('")[-1].split("')")[0]


def stars_page(manifest: Mapping[str, Any]) -> str:
    """The page of all stars, as Markdown; a star whose source is not used is left out.

    Args:
        manifest: dbt's manifest.json, as read.
    """
    models, joined = _models(manifest), joins(manifest)
    parts = [_INTRODUCTION]
    for folder, title in STARS.items():
        facts = sorted(
            name
            for name, node in models.items()
            if name.startswith("fait_") and Path(node["original_file_path"]).parent.name == folder
        )
        if facts:
            star = _Star(facts, models, joined)
            parts.append(f"## {title}: `{folder}`\n\n{star.table()}\n\n{star.drawing()}\n")
    return "\n".join(parts)


class _Star:
    """The facts of a subject, the dimensions that they lead to, and the joins between them."""

    def __init__(
        self, facts: list[str], models: Mapping[str, Mapping[str, Any]], joined: Iterable[Join]
    ) -> None:
        self._models = models
        self._joined = list(joined)
        self._facts = facts
        self._boxes = self._boxed()
        self._box_of = {fact: names[0] for names in self._boxes for fact in names}
        self._dimensions = self._reached()

    def _of(self, *children: str) -> list[Join]:
        return [join for join in self._joined if join.child in children]

    def _key(self, *names: str) -> list[str]:
        """The columns of the primary keys, each once."""
        columns = (
            column
            for name in names
            for constraint in self._models[name].get("constraints") or []
            if constraint["type"] == "primary_key"
            for column in constraint["columns"]
        )
        return list(dict.fromkeys(columns))

    def _boxed(self) -> list[list[str]]:
        """Facts by the box that they are drawn in, the one that gives it its name first.

        A fact shares the box of the one that its name begins with, of which it holds the details;
        families of the same keys and joins share a box.
        """
        families: dict[str, list[str]] = {}
        for fact in self._facts:
            whole = next((name for name in families if fact.startswith(f"{name}_")), fact)
            families.setdefault(whole, []).append(fact)
        boxes: dict[tuple[object, ...], list[str]] = {}
        for family in families.values():
            to = frozenset((join.columns, join.parent) for join in self._of(*family))
            boxes.setdefault((to, frozenset(self._key(*family))), []).extend(family)
        return list(boxes.values())

    def _reached(self) -> list[str]:
        """The dimensions that the facts, or the dimensions of the facts, are joined to."""
        left, reached = list(self._facts), set[str]()
        while left:
            for join in self._of(left.pop()):
                if join.parent not in reached and join.parent not in self._facts:
                    reached.add(join.parent)
                    left.append(join.parent)
        return sorted(reached)

    def table(self) -> str:
        """Which fact is joined to which tables: a row per fact."""
        lines = ["| fact | one row per | joined to |", "| --- | --- | --- |"]
        for fact in self._facts:
            key = ", ".join(f"`{column}`" for column in self._key(fact))
            to = ", ".join(f"`{parent}`" for parent in sorted({j.parent for j in self._of(fact)}))
            lines.append(f"| `{fact}` | {key} | {to or 'no other'} |")
        return "\n".join(lines)

    def drawing(self) -> str:
        """The same as a Mermaid diagram, with the keys and names of each table."""
        boxes = [*self._boxes, *([dimension] for dimension in self._dimensions)]
        lines = [line for names in boxes for line in self._box(names)]
        lines += [line for names in boxes for line in self._lines_from(names)]
        return "\n".join(["```mermaid", "erDiagram", *(f"    {line}" for line in lines), "```"])

    def _box(self, names: list[str]) -> Iterator[str]:
        key, drawn = self._key(*names), {*self._facts, *self._dimensions}
        own = {column for join in self._of(*names) for column in join.columns}
        others = {
            column
            for join in self._joined
            if join.parent in names and join.child in drawn
            for column in join.parent_columns
        }
        title = f'{names[0]}["{", ".join(names)}"]' if len(names) > 1 else names[0]
        yield f"{title} {{"
        columns = {
            column: declared
            for name in names
            for column, declared in self._models[name]["columns"].items()
        }
        for column, declared in columns.items():
            is_name = column.startswith(("nom_", "libelle_"))
            if column in {*key, *own, *others} or is_name:
                kind = (declared["data_type"] or "text").split("(")[0]
                marks = [mark for mark, held in (("PK", key), ("FK", own)) if column in held]
                yield f"    {kind} {column} {', '.join(marks)}".rstrip()
        yield "}"

    def _lines_from(self, names: list[str]) -> Iterator[str]:
        """One line for each table that a box is joined to, by all the keys that lead there."""
        to: dict[str, dict[tuple[str, ...], Join]] = {}
        for join in self._of(*names):
            # Details and their fact are one box.
            if join.parent not in names or join.parent == join.child:
                to.setdefault(join.parent, {})[join.columns] = join
        for parent, found in to.items():
            known = set(self._key(parent))
            is_one = any(set(join.parent_columns) == known for join in found.values())
            end = "||" if is_one else "}|"
            by = ", ".join(column for columns in found for column in columns)
            yield f'{self._box_of.get(parent, parent)} {end}--o{{ {names[0]} : "{by}"'


def write_stars(manifest: Mapping[str, Any], page: Path = PAGE) -> bool:
    """Write the page if it is not as it should be; returns whether it was written."""
    text = stars_page(manifest)
    if page.exists() and page.read_text(encoding="utf-8") == text:
        return False
    page.write_text(text, encoding="utf-8")
    return True
