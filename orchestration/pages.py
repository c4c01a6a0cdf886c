"""The pages of docs/ as HTML beside the docs site: readable without a network and a server."""

from __future__ import annotations

import html
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.settings import ROOT
from orchestration.er_drawing import er_drawing

DOCS = ROOT / "docs"
# What stands at the head of each page: the page, by its place in docs/, and what it is called.
LINKS = {
    "operator.md": "Operator",
    "analyst.md": "Analyst",
    "engineer.md": "Engineer",
    "coming-from.md": "Coming from",
    "managed-postgresql.md": "Managed PostgreSQL",
    "architecture.md": "Architecture",
    "stars.md": "Stars",
}
_FRAME = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0 auto; max-width: 60rem; padding: 0 1.5rem 4rem; color: #1f2933;
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }}
nav {{ border-bottom: 1px solid #d5dbe1; margin-bottom: 1.5rem; padding: 0.8rem 0; }}
nav a {{ margin-right: 1.1rem; }}
a {{ color: #0b62a4; text-decoration: none; }}
a:hover {{ text-decoration: underline; }}
h1 {{ font-size: 1.7rem; line-height: 1.25; }}
h2 {{ border-bottom: 1px solid #e6eaee; font-size: 1.3rem; margin-top: 2.2rem; }}
code {{ background: #f2f4f7; border-radius: 3px; font-size: 0.88em; padding: 0.1em 0.3em; }}
pre {{ background: #f2f4f7; border-radius: 5px; overflow-x: auto; padding: 0.8rem 1rem; }}
pre code {{ background: none; padding: 0; }}
table {{ border-collapse: collapse; display: block; font-size: 0.92rem; margin: 1.2rem 0;
  overflow-x: auto; }}
th, td {{ border: 1px solid #d5dbe1; padding: 0.35rem 0.6rem; text-align: left;
  vertical-align: top; }}
th {{ background: #f2f4f7; }}
figure {{ margin: 1.2rem 0; }}
img, figure svg {{ height: auto; max-width: 100%; }}
</style>
</head>
<body>
<nav><a href="{home}">Models and columns</a>{links}</nav>
{body}
</body>
</html>
"""


def write_pages(folder: Path, docs: Path = DOCS) -> None:
    """Write every page of `docs` into `folder`, which is made anew; the site itself is left out.

    Links between pages lead from page to page, all others to the file that they lead to in the
    project. Tables and joins are drawn; of other drawings the text is shown that GitHub draws.
    """
    pages = [page for page in sorted(docs.rglob("*.md")) if "site" not in page.parts]
    shutil.rmtree(folder, ignore_errors=True)
    for page in pages:
        written = folder / page.relative_to(docs).with_suffix(".html")
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(_rendered(page, written, docs, folder), encoding="utf-8")


def _rendered(page: Path, written: Path, docs: Path, folder: Path) -> str:
    """One page as HTML; `written` is where it will lie."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    text = page.read_text(encoding="utf-8")
    tokens = reader.parse(text)
    for token, name in _links(tokens):
        target = str(token.attrGet(name))
        if "://" not in target and not target.startswith(("#", "mailto:")):
            token.attrSet(name, _moved(target, page, written, docs, folder))
    title = text.splitlines()[0].lstrip("# ") if text else page.stem
    links = "".join(
        f'<a href="{_from(written, (folder / name).with_suffix(".html"))}">{called}</a>'
        for name, called in LINKS.items()
        if (docs / name).exists()
    )
    return _FRAME.format(
        language="fr" if page.parent.name == "fr" else "en",
        title=html.escape(title),
        home=_from(written, folder.parent / "index.html"),
        links=links,
        body=_drawn(reader, tokens),
    )


def _drawn(reader: MarkdownIt, tokens: Sequence[Token]) -> str:
    """The HTML of the page, with the drawings of tables in the place of their text."""
    drawn = [
        Token("html_block", "", 0, content=f"<figure>{er_drawing(token.content)}</figure>\n")
        if token.type == "fence"
        and token.info == "mermaid"
        and token.content.startswith("erDiagram")
        else token
        for token in tokens
    ]
    return str(reader.renderer.render(drawn, reader.options, {}))


def _links(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    """What leads to something else, and the attribute that says to what."""
    for token in tokens:
        if token.type in ("link_open", "image"):
            yield token, "href" if token.type == "link_open" else "src"
        yield from _links(token.children or [])


def _moved(target: str, page: Path, written: Path, docs: Path, folder: Path) -> str:
    """Where a relative link of `page` leads from the place of its HTML."""
    name, mark, part = target.partition("#")
    led_to = (page.parent / name).resolve()
    if led_to.suffix == ".md" and led_to.is_relative_to(docs):
        led_to = (folder / led_to.relative_to(docs)).with_suffix(".html")
    return _from(written, led_to) + mark + part


def _from(written: Path, led_to: Path) -> str:
    return Path(os.path.relpath(led_to, written.parent)).as_posix()
