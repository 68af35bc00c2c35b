-- One row per recognition whose title is not for institutions of that level
-- The level is today's; an institution raised to 职业本科 counts as 高职 and 职业本科
-- A point of level 中职 may hold a 中职 title wherever it is offered: the contract says "of 中职"
with subjects as (
    select
        '院校' as subject_kind,
        institution_id as subject_id,
        institution_id,
        null as own_level
    from first_institutions
    union all
    select
        '专业点' as subject_kind,
        point_id as subject_id,
        institution_id,
        level as own_level
    from first_specialty_points
    union all
    select
        '专业群' as subject_kind,
        group_id as subject_id,
        institution_id,
        null as own_level
    from first_specialty_groups
),

levels as (
    select
        institution_id,
        level
    from first_institutions
    union all
    select
        institution_id,
        '高职' as level
    from first_institutions
    where bachelor_since is not null
    union all
    select
        institution_id,
        '职业本科' as level
    from first_institutions
    where bachelor_since is not null
),

fitting as (
    select
        r.row,
        min(i.level) as level,
        count(t.title) as fits
    from recognitions as r
    inner join subjects as s
        on r.subject_kind = s.subject_kind and r.subject_id = s.subject_id
    inner join first_institutions as i
        on s.institution_id = i.institution_id
    inner join levels as l
        on s.institution_id = l.institution_id
    left join titles as t
        on
            r.title = t.title
            and r.subject_kind = t.subject_kind
            and (
                l.level = t.institution_level
                or (s.own_level = '中职' and t.institution_level = '中职')
            )
    where
        i.level is not null
        and exists (
            select 1
            from titles as k
            where k.title = r.title and k.subject_kind = r.subject_kind
        )
    group by r.row
)

select
    '认定' as sheet,
    f.row,
    'title' as name,
    '与院校层次不符：所属院校为' || f.level || '，应为'
    || string_agg(distinct t.institution_level, '或' order by t.institution_level) as expected
from fitting as f
inner join recognitions as r
    on f.row = r.row
inner join titles as t
    on r.title = t.title
where f.fits = 0
group by f.row, f.level
