"""A report as one HTML page that needs nothing else: no network, no server, no script.

Commands that find out more than a terminal shows (validate, profile, diff) write one beside what
they print.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from ingest.settings import ROOT, STATE_DIR

FOLDER = STATE_DIR / "reports"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: a heading, a sentence, lines to copy, a table.

    code: lines to copy, shown as they are. headers, rows: of the table; a row has a cell for each
    header. marks: the numbers of the rows that want attention, shown in red. numeric: the numbers
    of the columns set to the right.
    """

    title: str
    text: str = ""
    headers: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    marks: frozenset[int] = field(default_factory=frozenset)
    numeric: frozenset[int] = field(default_factory=frozenset)
    code: str = ""


_PAGE = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { margin: 0 auto; max-width: 80rem; padding: 0 1.5rem 4rem; color: #1f2933;
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
h1 { font-size: 1.6rem; margin-bottom: 0.2rem; }
h2 { border-bottom: 1px solid #e6eaee; font-size: 1.2rem; margin-top: 2rem; }
p.when { color: #52606d; margin-top: 0; }
nav ul { columns: 18rem; padding-left: 1.2rem; }
a { color: #0b62a4; text-decoration: none; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.88rem; }
th, td { border: 1px solid #d5dbe1; padding: 0.25rem 0.55rem; text-align: left;
  vertical-align: top; }
th { background: #f2f4f7; position: sticky; top: 0; }
td.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
tr.mark td { background: #fdecea; }
pre { background: #f2f4f7; font-size: 0.85rem; max-height: 24rem; overflow: auto;
  padding: 0.6rem; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<p class="when">{{ subtitle }}{{ " · " if subtitle }}made {{ made }} UTC</p>
{% if sections | length > 3 %}
<nav><ul>
{% for section in sections %}
<li><a href="#s{{ loop.index }}">{{ section.title }}</a></li>
{% endfor %}
</ul></nav>
{% endif %}
{% for section in sections %}
<h2 id="s{{ loop.index }}">{{ section.title }}</h2>
{% if section.text %}
<p>{{ section.text }}</p>
{% endif %}
{% if section.code %}
<pre>{{ section.code }}</pre>
{% endif %}
{% if section.rows %}
<div class="wide"><table>
<thead><tr>{% for header in section.headers %}<th>{{ header }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in section.rows %}
{% set number = loop.index0 %}
<tr{% if number in section.marks %} class="mark"{% endif %}>
{%- for cell in row -%}
<td{% if loop.index0 in section.numeric %} class="number"{% endif %}>
{{- "" if cell is none else cell -}}
</td>
{%- endfor -%}
</tr>
{% endfor %}
</tbody></table></div>
{% endif %}
{% endfor %}
</body>
</html>
""")


def place_of(page: Path) -> Path:
    """Where a report is, as it is told: from the project's folder on, if it lies there."""
    return page.relative_to(ROOT) if page.is_relative_to(ROOT) else page


def write_report(name: str, title: str, sections: Sequence[Section], *, subtitle: str = "") -> Path:
    """Write the page `<name>.html` into the folder of reports, readable by its owner alone.

    A report may quote values of the warehouse: it is kept where only its owner can read it.

    Returns:
        where it was written.
    """
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A relation may be called anything.
    plain_name = re.sub(r"[^\w.-]", "_", name)
    path = FOLDER / f"{plain_name}.html"
    page = _PAGE.render(
        title=title,
        subtitle=subtitle,
        sections=sections,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
    )
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(page, encoding="utf-8")
    return path
