-- One row per item of the 说明 sheet
select
    item,
    value
from dataset
