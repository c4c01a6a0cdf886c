"""A model that asks which day it is is built again on the first run of a day."""

from __future__ import annotations

import re

from ingest.settings import ROOT

ASKS = re.compile(r"\baujourd_hui\w*\(\)")


def test_each_model_that_asks_for_the_day_is_tagged_daily() -> None:
    models = {path: path.read_text() for path in (ROOT / "models").rglob("*.sql")}
    asking = {path.stem for path, text in models.items() if ASKS.search(text)}
    tagged = {path.stem for path, text in models.items() if "tags=['daily']" in text}
    assert len(asking) > 5
    assert asking == tagged
