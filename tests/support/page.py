"""A page of docs/ that is followed to the letter: its fenced blocks, by what stands beside ```.

```sql models/x.sql               a file to write
```sql models/x.sql (at its end)  lines to add to a file that is there
```diff dbt_project.yml           lines of a file to replace
```sh .env                        lines of the settings
```sql at the source              statements for the source database
```sh                             commands to run, one per line
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
AT_ITS_END = " (at its end)"
AT_THE_SOURCE = "at the source"


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, what stands beside that, and the text."""

    language: str
    title: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The command lines, if it is a block of commands."""
        return self.text.splitlines() if self.language == "sh" and not self.title else []

    def write(self, project: Path) -> None:
        """Do to the files of the project what the block asks for."""
        if self.language == "diff":
            self._replace(project / self.title)
        elif self.title.endswith(AT_ITS_END) or self.title == ".env":
            path = project / self.title.removesuffix(AT_ITS_END)
            with path.open("a", encoding="utf-8") as stream:
                stream.write(self.text)
        elif self.title:
            path = project / self.title
            assert not path.exists(), f"{self.title} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.text, encoding="utf-8")

    def _replace(self, path: Path) -> None:
        lines = self.text.splitlines()
        old = "".join(f"{line[1:]}\n" for line in lines if line.startswith("-"))
        new = "".join(f"{line[1:]}\n" for line in lines if line.startswith("+"))
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path.name} no longer has the lines that the page replaces"
        path.write_text(text.replace(old, new), encoding="utf-8")


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in its order."""
    for language, title, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        yield Block(language, title, text)
