-- One row per table of the attached version
select table_name
from duckdb_tables()
where database_name = 'stored'
