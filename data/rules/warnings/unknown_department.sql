-- One row per row that names a department the plan does not know
with named as (
    select
        '任务进展' as sheet,
        row,
        'department' as name,
        department
    from deliverable_updates
    union all
    select
        '督导整改' as sheet,
        row,
        'department' as name,
        department
    from rectifications
    union all
    select
        '联席会议' as sheet,
        row,
        'department' as name,
        department
    from meetings
    union all
    select
        '批准调整' as sheet,
        row,
        'approver' as name,
        approver as department
    from interim_targets
    where approver not in ('市政府', '市人民政府')
),

each_one as (
    select
        sheet,
        row,
        name,
        trim(unnest(string_split_regex(department, '[、，,；;/\s]+'))) as department
    from named
    where department is not null
)

select
    e.sheet,
    e.row,
    e.name,
    '中的“' || string_agg(e.department, '、') || '”不在方案的责任单位之列' as expected
from each_one as e
left join departments as d
    on e.department = d.name
left join institutions as i
    on e.department = i.name
where d.name is null and i.name is null and e.department <> ''
group by e.sheet, e.row, e.name
