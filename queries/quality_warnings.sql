-- One row per remark of the load
select
    sheet,
    cell,
    value,
    message
from load_warnings
