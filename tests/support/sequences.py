"""Random stories of deliveries: one seed, one story; the steps say in words what they do."""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.support import familles
from tests.support.familles import FAMILLES, Famille
from tests.support.inbox import Put, Ruling, packed, unpacked

# Few days, few moments of delivery: slices overlap and delivery times tie all the time. Two years,
# Saturdays of the winter holidays and an Easter weekend, for what the marts compare.
DAYS = {
    "2023B1": [datetime.date(2023, 2, 11), datetime.date(2023, 2, 18)],
    "2024B1": [datetime.date(2024, 2, 17), datetime.date(2024, 2, 24), datetime.date(2024, 2, 29)],
    "2024B2": [datetime.date(2024, 3, 30), datetime.date(2024, 3, 31), datetime.date(2024, 4, 1)],
}
MOMENTS = [1_710_000_000 + 86_400 * day for day in range(6)]
# The zone that a file is named after -> the labels that its rows bear.
TOKENS = {
    "CABA": ["CABA", "CA du Bassin d'Aurillac", "Pays d\u2019Aurillac", "PAYS DAURILLAC"],
    "Aurillac": ["CA du Bassin d'Aurillac", "CABA"],
    "GENTIANE": ["GENTIANE", "Haut-Cantal"],
    "MYSTERE": ["Zone Mystère", "Châtaigneraie"],
}
BAD_VOLUMES = ["0", "-3", "", "douze", "12.5", "1e3"]
GOOD_VOLUMES = ["7", "12.0", "1 234", "98\u00a0765"]
BAD_DAYS = ["", "2024-02-30", "hier", "01/02/2024"]


@dataclass(frozen=True)
class Land:
    """Run the landing, on all tables or on some only."""

    tables: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"land {', '.join(self.tables) or 'everything'}"


@dataclass(frozen=True)
class Build:
    """Build what derives from the deliveries: incrementally, or from nothing."""

    full_refresh: bool = False

    def __str__(self) -> str:
        return "build, full refresh" if self.full_refresh else "build"


Step = Put | Land | Build | Ruling


@dataclass
class Sheet:
    """A table file in the making: records as cells, and how they are written."""

    header: list[str]
    records: list[list[str]]
    separator: str = ";"
    encoding: str = "utf-8"
    line_end: str = "\n"

    def content(self) -> bytes:
        lines = [self.header, *self.records]
        quoted = [[self._quoted(cell) for cell in line] for line in lines]
        text = "".join(self.separator.join(line) + self.line_end for line in quoted)
        # cp1252 has no form of some letters: such a file is written in UTF-8.
        try:
            return text.encode(self.encoding)
        except UnicodeEncodeError:
            return text.encode("utf-8")

    def _quoted(self, cell: str) -> str:
        return f'"{cell}"' if self.separator in cell else cell


class Teller:
    """Tells one story: `steps` holds it once `tell` has run."""

    def __init__(self, seed: int, families: Sequence[str], length: int = 24) -> None:
        self.random = random.Random(seed)
        self.families = [FAMILLES[name] for name in families]
        self.length = length
        # A few of them only, so that files meet.
        self.periods = self.random.sample(list(DAYS), 2)
        self.tokens = self.random.sample(list(TOKENS), 3)
        self.days = [day for period in self.periods for day in DAYS[period]]
        self.steps: list[Step] = []
        # path -> (the sheet that lies there, how it is wrapped); and what lay there before
        self.sheets: dict[str, tuple[Sheet, str]] = {}
        self.history: dict[str, list[bytes]] = {}
        self.times: dict[str, int] = {}
        self.counter = 0

    def tell(self) -> list[Step]:
        """A story that ends with everything landed and built."""
        acts = [
            (self._new, 6),
            (self._weekly, 4),
            (self._correct, 6),
            (self._resend, 2),
            (self._copy, 2),
            (self._redeliver, 3),
            (self._fault, 2),
            (self._withdraw, 4),
            (self._put_back, 2),
        ]
        choices, weights = zip(*acts, strict=True)
        self._new()
        self._weekly()
        for _ in range(self.length):
            self.random.choices(choices, weights)[0]()
            self._perhaps_run()
        self.steps += [Land(), Build()]
        return self.steps

    def _perhaps_run(self) -> None:
        chance = self.random.random()
        if chance < 0.05:
            tables = [self.random.choice(self.families).name]
            self.steps.append(Land(tuple(tables)))
        elif chance < 0.17:
            self.steps.append(Land())
            if chance < 0.14:
                self.steps.append(Build(full_refresh=chance < 0.065))

    def _put(self, path: str, content: bytes, mtime: int, why: str) -> None:
        self.history.setdefault(path, []).append(content)
        self.times[path] = mtime
        self.steps.append(Put(path, content, mtime, why))

    def _place(self, path: str, member: str, sheet: Sheet, mtime: int, why: str) -> None:
        """Deliver a sheet at a path, in a ZIP when the path is one."""
        self.sheets[path] = (sheet, member)
        content = sheet.content()
        if path.endswith(".zip"):
            content = packed({f"Indicateurs/{member}": content})
        self._put(path, content, mtime, why)

    # What may happen

    def _new(self) -> None:
        """A consolidated file of a period and a zone, late or not."""
        family = self.random.choice(self.families)
        period, token = self.random.choice(self.periods), self.random.choice(self.tokens)
        self._deliver_consolidated(family, period, token, "new")

    def _redeliver(self) -> None:
        """The same logical file with other content, elsewhere and under another outer name."""
        known = [name for _, name in self.sheets.values() if "_20" in name]
        if not known:
            return self._new()
        name = self.random.choice(known)
        stem, period, zone = name.removesuffix(".csv").rsplit("_", 2)
        family = familles.BY_STEM[stem.lower()]
        self._deliver_consolidated(family, period, zone.rstrip("0123456789"), "delivered again")
        return None

    def _deliver_consolidated(self, family: Famille, period: str, token: str, why: str) -> None:
        self.counter += 1
        member = f"{family.stem}_{period}_{token}{self.random.choice(['', '0', '1'])}.csv"
        outer = self.random.choice(["", f"B{period[-1]} {period[:4]}", "nouveauFormat"])
        if self.random.random() < 0.5:
            path = f"{outer}/{member}".lstrip("/")
        else:
            path = f"{outer}/{token}_{self.counter}.zip".lstrip("/")
        sheet = self._sheet(family, False, TOKENS[token], DAYS[period])
        self._place(path, member, sheet, self.random.choice(MOMENTS), why)

    def _weekly(self) -> None:
        """A weekly provisional file: all zones, under the same name each time."""
        weekly = [family for family in self.families if family.provisional]
        if not weekly:
            return self._new()
        family = self.random.choice(weekly)
        labels = [label for token in self.tokens for label in TOKENS[token]]
        folder = self.random.choice(["hebdo", "hebdo/S2"])
        path = f"{folder}/{family.provisional}.csv"
        sheet = self._sheet(family, True, labels, self.random.sample(self.days, 3))
        why = "weekly, in its place" if path in self.sheets else "weekly"
        self._place(path, f"{family.provisional}.csv", sheet, self._time(path), why)
        return None

    def _correct(self) -> None:
        """A file that changes where it lies: a day dropped, shrunk, other volumes, more rows."""
        if not self.sheets:
            return self._new()
        path = self.random.choice(list(self.sheets))
        old, member = self.sheets[path]
        records = [list(record) for record in old.records]
        how = self.random.choice(["a day dropped", "shrunk", "other volumes", "more rows"])
        if how == "a day dropped":
            first = records[0][0] if records else ""
            others = [record for record in records if record[0] != first]
            records = others if any(self._is_day(record) for record in others) else records[:1]
        elif how == "shrunk":
            records = records[: max(1, len(records) // 2)]
        elif how == "more rows":
            records += [list(record) for record in records[:2]]
        for record in records:
            if how in ("other volumes", "more rows") and len(record) == len(old.header):
                record[-1] = str(self.random.randint(1, 500))
        if not any(self._is_day(record) for record in records):
            return self._new()
        sheet = Sheet(old.header, records, old.separator, old.encoding, old.line_end)
        self._place(path, member, sheet, self._time(path), f"corrected: {how}")
        return None

    def _resend(self) -> None:
        """A, then B, then A again: an earlier content comes back, with a later date."""
        again = [path for path, old in self.history.items() if len(old) > 1]
        if not again:
            return self._correct()
        path = self.random.choice(again)
        self._put(path, self.history[path][0], max(MOMENTS) + 3600, "first content sent again")
        return None

    def _copy(self) -> None:
        """The same content elsewhere, under another name of the same file."""
        path = self.random.choice(list(self.history))
        content = self.history[path][-1]
        self.counter += 1
        name = path.rsplit("/", 1)[-1]
        if name.endswith(".zip"):
            name = f"copie_{self.counter}.zip"
        copy = f"copies {self.counter}/{name}"
        self._put(copy, content, self.random.choice(MOMENTS), f"copy of {path}")

    def _withdraw(self) -> None:
        """A person takes out what came, by any of its names; what has landed, as a rule."""
        path = self.random.choice(list(self.history))
        content = self.random.choice(self.history[path])
        inner = [name for name, _ in unpacked(path, content)] or [path]
        member = self.random.choice(inner)
        own = member.replace("!", "/").split("/")[-1]
        wanted = self.random.choice([path, path, member, own, f"*{path.split('/')[-1][-12:]}"])
        if self.random.random() < 0.6:
            self.steps.append(Land())
        self.steps.append(Ruling(wanted, every_version=self.random.random() < 0.25))

    def _put_back(self) -> None:
        """A withdrawal is undone, or what nobody withdrew is put back."""
        rulings = [step for step in self.steps if isinstance(step, Ruling) and not step.undo]
        if not rulings:
            return self._withdraw()
        chosen = self.random.choice(rulings)
        self.steps.append(replace(chosen, undo=True))
        return None

    def _fault(self) -> None:
        """A file that must be refused, ignored or left for later, and change nothing."""
        family = self.random.choice(self.families)
        name = f"{family.stem}_2024B1_CABA0.csv"
        sheet = self._sheet(family, False, TOKENS["CABA"], DAYS["2024B1"])
        content = sheet.content()
        self.counter += 1
        folder = f"faulty {self.counter}"
        later = max(MOMENTS) + 7200
        kind = self.random.choice(["header", "period", "truncated", "growing", "ignored", "empty"])
        if kind == "header":
            columns = [cell if cell != "Volume" else "Nombre" for cell in sheet.header]
            changed = Sheet(columns, sheet.records).content()
            self._put(f"{folder}/{name}", changed, later, "header changed")
        elif kind == "period":
            other = f"{family.stem}_2022B5_CABA0.csv"
            self._put(f"{folder}/{other}", content, later, "no day of its period")
        elif kind == "truncated":
            half = packed({name: content})[:-30]
            self._put(f"{folder}/half.zip", half, later, "truncated ZIP")
        elif kind == "growing":
            self._put(f"{folder}/{name}.part", content[: len(content) // 2], later, "growing")
        elif kind == "ignored":
            self._put(f"{folder}/Recurrence_2024B1_CABA0.csv", content, later, "ignored family")
        else:
            self._put(f"{folder}/{name}", b"", later, "empty file")

    # How a file is made

    def _time(self, path: str) -> int:
        """A correction keeps its date, or takes a new one, earlier or later."""
        if path in self.times and self.random.random() < 0.4:
            return self.times[path]
        return self.random.choice(MOMENTS)

    @staticmethod
    def _is_day(record: Sequence[str]) -> bool:
        return record[0] in {day.isoformat() for days in DAYS.values() for day in days}

    def _sheet(
        self,
        family: Famille,
        provisional: bool,
        zones: Sequence[str],
        days: Sequence[datetime.date],
    ) -> Sheet:
        header = familles.header(family, provisional)
        kept = self.random.sample(list(days), self.random.randint(1, len(days)))
        records = [
            self._record(
                family, provisional, self.random.choice(zones), day.isoformat(), len(header)
            )
            for day in sorted(kept)
            for _ in range(self.random.randint(1, 5))
        ]
        # A row of another zone or day belongs to its own slice, whatever the file is called.
        if self.random.random() < 0.3:
            zone, day = self.random.choice(list(familles.ZONES)), self.random.choice(self.days)
            records.append(self._record(family, provisional, zone, day.isoformat(), len(header)))
        records += self._faulty(records)
        return Sheet(
            header,
            records,
            separator=self.random.choice([";", ";", ","]),
            encoding=self.random.choice(["utf-8", "utf-8-sig", "cp1252"]),
            line_end=self.random.choice(["\n", "\r\n"]),
        )

    def _faulty(self, records: Sequence[Sequence[str]]) -> list[list[str]]:
        """Rows that landing or staging must reject, made from good ones."""
        made = []
        for record in list(records):
            chance = self.random.random()
            changed = list(record)
            if chance < 0.06:
                changed[-1] = self.random.choice(BAD_VOLUMES)
            elif chance < 0.09:
                changed[0] = self.random.choice(BAD_DAYS)
            elif chance < 0.11:
                changed[6] = ""
            elif chance < 0.14:
                changed[-1] = str(self.random.randint(1, 99))  # the same labels twice
            elif chance < 0.17:
                changed = changed[:-1] if self.random.random() < 0.5 else [*changed, "surplus"]
            else:
                continue
            made.append(changed)
        return made

    def _record(
        self, family: Famille, provisional: bool, zone: str, day: str, width: int
    ) -> list[str]:
        pick = self.random.choice
        cells = [day, pick("01o"), "0", "1", pick(["0", "0.0"]), "LUN"]
        cells += [zone, pick(list(familles.PROVENANCES)), pick(list(familles.CATEGORIES))]
        for detail in family.details:
            if detail == "departement":
                cells += [pick([*familles.DEPARTEMENTS, "CUMUL"]), "AUVERGNE", ""]
            elif detail == "pays":
                cells.append(pick([*familles.PAYS, "CUMUL"]))
            elif detail == "duree":
                cells += [pick(list(familles.DUREES)), ""]
            elif provisional:
                cells.append(pick(list(familles.COMMUNE_NAMES)))
            else:
                code = pick(list(familles.COMMUNES))
                name, epci, _ = familles.COMMUNES[code]
                cells += [epci, code, name]
        cells.append(pick([*GOOD_VOLUMES, str(self.random.randint(1, 900))]))
        assert len(cells) == width, (len(cells), width)
        return cells


def another_order(puts: Sequence[Put], withdrawn: Sequence[str], seed: int) -> list[Step]:
    """The same deliveries, landed in another order and built from nothing at the end.

    What the rules let depend on order keeps it: the versions of one path that bear one date.
    `withdrawn`: the ids of the files that a person has withdrawn, taken out once all has come.
    """
    shuffler = random.Random(seed)
    queues: dict[tuple[str, int], list[Put]] = {}
    for put in puts:
        queues.setdefault((put.path, put.mtime), []).append(put)
    drawn = []
    while queues:
        key = shuffler.choice(sorted(queues))
        drawn.append(queues[key].pop(0))
        if not queues[key]:
            del queues[key]
    told: list[Step] = []
    waiting: set[str] = set()
    for put in drawn:
        if put.path in waiting:
            told.append(Land())
            waiting.clear()
        told.append(put)
        waiting.add(put.path)
    rulings = [Ruling(file_id) for file_id in shuffler.sample(withdrawn, len(withdrawn))]
    return [*told, Land(), *rulings, Build(full_refresh=True)]
