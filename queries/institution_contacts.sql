-- One row per institution: whom to ask, and the day from which it is no longer there
select
    institution_id,
    contact,
    closed_on
from institutions
