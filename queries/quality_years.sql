-- One row per specialty point and year of 年度数据 at whose end it is in force: has it a row
-- Parameters: $as_of. Years from the first with data to the last begun; the one going on counts as
-- of the day. Technician institutions too
with bounds as (
    select
        min(year) as first,
        max(year) as last
    from point_years
    where make_date(year, 1, 1) <= $as_of
),

years as (
    select
        y.year,
        least(make_date(y.year, 12, 31), $as_of) as day
    from (
        select cast(unnest(range(first, last + 1)) as integer) as year
        from bounds
        where first is not null
    ) as y
)

select
    s.point_id,
    p.specialty,
    s.institution_id,
    f.institution,
    f.outside,
    y.year,
    d.point_id is not null as has_row
from years as y
inner join point_spells as s
    on s.since <= y.day and s.until > y.day
inner join point_facts as p
    on s.point_id = p.point_id
inner join institution_facts as f
    on s.institution_id = f.institution_id
left join point_years as d
    on s.point_id = d.point_id and y.year = d.year
order by f.institution, s.point_id, y.year
