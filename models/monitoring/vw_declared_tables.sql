with declared_tables as (
    {{ tables_declarees() }}
)

select
    source,
    table_name,
    cast(warn_after_hours as numeric(10, 2)) as warn_after_hours,
    cast(error_after_hours as numeric(10, 2)) as error_after_hours,
    tolerance
from declared_tables
