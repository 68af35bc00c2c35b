-- One row per recognition whose title is not for that kind of subject
with kinds as (
    select
        title,
        string_agg(distinct subject_kind, '或' order by subject_kind) as kinds
    from titles
    group by title
)

select
    '认定' as sheet,
    r.row,
    'title' as name,
    '不能授予' || r.subject_kind || '，应授予' || k.kinds as expected
from recognitions as r
inner join kinds as k
    on r.title = k.title
left join titles as t
    on r.title = t.title and r.subject_kind = t.subject_kind
where r.subject_kind is not null and t.title is null
