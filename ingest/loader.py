"""The one dlt wrapper: parquet parts -> raw tables, by COPY through ADBC.

dlt's defaults are not safe when killed, so it is given nothing to remember: a throw-away working
folder, no telemetry, no state to restore, tables that exist already with their columns, and no
retries (a COPY whose commit was not heard of must not be sent again). What makes a load count is
the ledger, written afterwards in one transaction; see `ingest.landing`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from ingest.connections import Connections, adbc
from ingest.lock import NOTICES_DEAD_CLIENTS
from ingest.parts import Destination, Part
from ingest.raw_tables import RUN_SETTING
from ingest.settings import LOADER_ROLE, Warehouse

WORKERS = 2

_SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    # Names are made before dlt sees them; its own convention drops accents and merges names.
    "SCHEMA__NAMING": "direct",
    "LOAD__WORKERS": str(WORKERS),
    "LOAD__RAISE_ON_MAX_RETRIES": "1",
    "LOAD__DELETE_COMPLETED_JOBS": "true",
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "false",
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_ID": "false",
    "RESTORE_FROM_DESTINATION": "false",
}


class LoadFailed(Exception):
    """A load package did not get into the database; one line, without row values."""


def credentials(warehouse: Warehouse, run_id: str) -> str:
    """The libpq URL of the loader's connections: its role alone, UTC, UTF8.

    No value holds a space: dlt writes it as `+`, which libpq takes literally. So the settings in
    `options` are parted by a tab, and the path of the root certificate goes by the environment.
    """
    options = [f"-crole={LOADER_ROLE}", "-ctimezone=UTC", "-cstatement_timeout=2h"]
    options.append(f"-c{RUN_SETTING}={run_id}")
    if NOTICES_DEAD_CLIENTS:
        options.append("-cclient_connection_check_interval=1s")
    parameters = {
        "sslmode": warehouse.sslmode,
        "connect_timeout": "15",
        "client_encoding": "utf8",
        "application_name": f"ingest-{run_id}",
        "options": "\t".join(options),
    }
    # dlt insists on a password, even where the server asks for none.
    password = quote(warehouse.password or "none", safe="")
    return (
        f"postgresql://{quote(warehouse.user, safe='')}:{password}@{warehouse.host}"
        f":{warehouse.port}/{quote(warehouse.dbname, safe='')}?{urlencode(parameters)}"
    )


class Loader:
    """Copies parts into the tables of raw schemas, in a thread of its own, in the given order.

    One dlt pipeline per schema and run. Reading and copying overlap: the work of both is done
    outside of Python.
    """

    def __init__(self, warehouse: Warehouse, work: Path, run_id: str):
        self._warehouse = warehouse
        self._work = work
        self._run_id = run_id
        self._pipelines: dict[str, Any] = {}
        if warehouse.sslrootcert:
            os.environ["PGSSLROOTCERT"] = warehouse.sslrootcert
        self._connections = adbc(credentials(warehouse, run_id))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="loader")
        self._last: Future[Any] | None = None

    def warm_up(self, schema: str) -> None:
        """Import dlt and make the pipeline while the first file is being read."""
        if self._last is None:
            self._last = self._thread.submit(self._pipeline, schema)

    @property
    def is_idle(self) -> bool:
        """Whether a load would begin at once."""
        return self._last is None or self._last.done()

    def load(self, parts: Mapping[Destination, Sequence[Part]]) -> Future[None]:
        """Copy every part into its table; the tables have these columns.

        When the answer is there, the rows are in the database, but count for nothing until the
        ledger says so. It raises LoadFailed if some or all parts are missing: those that got in
        must be taken out.
        """
        load = self._last = self._thread.submit(self._load, parts)
        return load

    def close(self) -> None:
        """Wait for what is under way; nothing more is taken."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._connections.close()

    def _load(self, parts: Mapping[Destination, Sequence[Part]]) -> None:
        for schema in dict.fromkeys(to.schema for to in parts):
            self._load_schema(
                schema, {to.table: own for to, own in parts.items() if to.schema == schema}
            )
        for own in parts.values():
            for part in own:
                part.path.unlink(missing_ok=True)

    def _load_schema(self, schema: str, tables: Mapping[str, Sequence[Part]]) -> None:
        try:
            pipeline = self._pipeline(schema)
            dlt = _import_dlt(self._work, self._connections)
            pipeline.run([_resource(dlt, table, own) for table, own in tables.items()])
        except Exception as error:
            self._pipelines.pop(schema, None)
            raise LoadFailed(f"{schema}: {_first_cause(error)}") from error

    def _pipeline(self, schema: str) -> Any:
        if schema in self._pipelines:
            return self._pipelines[schema]
        dlt = _import_dlt(self._work, self._connections)
        # A new working folder after a failure: what a failed package leaves blocks the next one.
        folder = self._work / f"dlt-{len(list(self._work.glob('dlt-*')))}"
        folder.mkdir(mode=0o700)
        made = self._pipelines[schema] = dlt.pipeline(
            pipeline_name=schema,
            dataset_name=schema,
            destination=dlt.destinations.postgres(
                credentials=credentials(self._warehouse, self._run_id)
            ),
            pipelines_dir=str(folder),
            progress=None,
        )
        return made


def _import_dlt(work: Path, connections: Connections) -> Any:
    """Import dlt with our settings; they must be there before its first look at them.

    Its COPY jobs take their connections from `connections`, instead of a new one for each part.
    """
    os.environ.update(_SETTINGS)
    os.environ["DLT_DATA_DIR"] = str(work / "dlt-home")
    import dlt
    import dlt.common.libs.pyarrow as arrow
    from dlt.destinations.impl.postgres.postgres import PostgresParquetCopyJob

    as_it_is = arrow.ArrowSchemaNormalizationResult(False, {}, {}, {}, {})
    # Otherwise the whole part is decoded into memory before its first row is sent.
    PostgresParquetCopyJob._ingest_per_rowgroup = True
    PostgresParquetCopyJob._connect = lambda job: connections.one()
    # Parts have the columns of their tables; dlt, which is told of one, would write them anew.
    arrow.should_normalize_arrow_schema = lambda *_: as_it_is
    return dlt


def _resource(dlt: Any, table: str, parts: Sequence[Part]) -> Any:
    """A table and the files that are to be copied into it.

    The tables are there and the files know their columns: dlt need not be told of more than one,
    and going through the six hundred of an ERP table several times would cost a second each.
    """

    def files() -> Any:
        for part in parts:
            yield dlt.mark.with_file_import(str(part.path), "parquet", part.rows)

    return dlt.resource(
        files(),
        name=table,
        write_disposition="append",
        file_format="parquet",
        columns={parts[0].columns.names[0]: {"name": parts[0].columns.names[0]}},
        schema_contract={"tables": "evolve", "columns": "evolve", "data_type": "freeze"},
    )


def _first_cause(error: BaseException) -> str:
    """The innermost message, in one line and without the DETAIL that may quote a row."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:300]
