-- One row per recognition of a title that an earlier row gives the same subject at the same time
select
    '认定' as sheet,
    b.row,
    'title' as name,
    '与第 ' || cast(min(a.row) as varchar) || ' 行重复：同一对象同时只能持有一次同一认定' as expected
from recognitions as a
inner join recognitions as b
    on
        a.subject_kind = b.subject_kind
        and a.subject_id = b.subject_id
        and a.title = b.title
        and a.row < b.row
        and a.awarded_on < coalesce(b.revoked_on, date '9999-12-31')
        and b.awarded_on < coalesce(a.revoked_on, date '9999-12-31')
where
    -- Revoked on the day it was awarded, a title was never held
    a.awarded_on < coalesce(a.revoked_on, date '9999-12-31')
    and b.awarded_on < coalesce(b.revoked_on, date '9999-12-31')
group by b.row
