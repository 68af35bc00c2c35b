-- One row per specialty point and year with data: what the early-warning signals are made from
-- Parameters: $as_of (a year counts from its 31 December, as the enrolment ratio takes it)
-- oversupplied, shortage: by the list's edition of the year for the level, else its latest before;
-- null where there is none yet. evaluation: of the same year, the worst where there are several.
-- state, track: on the day, not in the year
with editions as (
    select
        list,
        level,
        year as since,
        coalesce(lead(year) over (partition by list, level order by year), 9999) as until
    from provincial_lists
    group by list, level, year
),

listed as (
    select
        y.point_id,
        y.year,
        max(case when e.list = '布点多规模大' then l.list is not null end) as oversupplied,
        max(case when e.list = '急需紧缺' then l.list is not null end) as shortage
    from point_years as y
    inner join point_facts as p
        on y.point_id = p.point_id
    inner join editions as e
        on p.level = e.level and y.year >= e.since and y.year < e.until
    left join provincial_lists as l
        on
            e.list = l.list
            and e.level = l.level
            and e.since = l.year
            and p.specialty_code = l.specialty_code
    group by y.point_id, y.year
),

rated as (
    select
        point_id,
        year,
        arg_max(
            grade,
            case grade when '不合格' then 3 when '合格' then 2 when '良好' then 1 else 0 end
        ) as grade
    from evaluations
    group by point_id, year
),

forces as (
    select distinct point_id
    from point_spells
    where since <= $as_of and until > $as_of
)

select
    y.point_id,
    y.year,
    p.institution_id,
    f.institution,
    f.district,
    p.level,
    p.specialty_code,
    p.specialty,
    p.class_code,
    p.class_name,
    p.category_code,
    p.category_name,
    p.industry,
    case when p.track_since <= $as_of and p.track_until > $as_of then p.track end as track,
    f.outside,
    case
        when s.point_id is not null then '在办'
        when p.closed_on <= $as_of then '已撤销'
        when p.suspended_on <= $as_of and coalesce(p.resumed_on > $as_of, true) then '已停招'
        when p.opened_on > $as_of then '尚未开设'
        else '院校不在办'
    end as state,
    y.planned,
    y.applied,
    y.registered,
    y.enrolled,
    y.graduates,
    y.employed,
    y.further_study,
    y.matched,
    y.satisfaction,
    l.oversupplied,
    l.shortage,
    e.grade as evaluation
from point_years as y
inner join point_facts as p
    on y.point_id = p.point_id
inner join institution_facts as f
    on p.institution_id = f.institution_id
left join forces as s
    on y.point_id = s.point_id
left join listed as l
    on y.point_id = l.point_id and y.year = l.year
left join rated as e
    on y.point_id = e.point_id and y.year = e.year
where make_date(y.year, 12, 31) <= $as_of
order by y.point_id, y.year
