-- One row per specialty point and span of days on which it and its institution are in force
-- A suspension splits a point's life in two; the institution's level may split it further
with lives as (
    select
        point_id,
        institution_id,
        level as point_level,
        opened_on as since,
        least(
            coalesce(suspended_on, date '9999-12-31'),
            coalesce(closed_on, date '9999-12-31')
        ) as until
    from specialty_points
    union all
    select
        point_id,
        institution_id,
        level as point_level,
        greatest(opened_on, resumed_on) as since,
        coalesce(closed_on, date '9999-12-31') as until
    from specialty_points
    where suspended_on is not null and resumed_on is not null
)

select
    l.point_id,
    l.institution_id,
    l.point_level,
    i.level as institution_level,
    greatest(l.since, i.since) as since,
    least(l.until, i.until) as until
from lives as l
inner join institution_spells as i
    on
        l.institution_id = i.institution_id
        and l.since < i.until
        and i.since < l.until
where l.since < l.until
