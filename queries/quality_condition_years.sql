-- One row per institution whose conditions the plan judges, and year of 办学条件 at whose end it is in
-- force at that level: has it a record
-- Parameters: $as_of. Years from the first with a record to the last begun
with bounds as (
    select
        min(year) as first,
        max(year) as last
    from conditions
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
    s.institution_id,
    f.institution,
    f.outside,
    y.year,
    c.institution_id is not null as has_row
from years as y
inner join institution_spells as s
    on s.since <= y.day and s.until > y.day
inner join plan_items as l
    on
        l.indicator = 'secondary_conditions_met'
        and l.role = 'level'
        and s.level = l.item
inner join institution_facts as f
    on s.institution_id = f.institution_id
left join conditions as c
    on s.institution_id = c.institution_id and y.year = c.year
order by f.institution, y.year
