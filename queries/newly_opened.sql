-- One row: of the points an indicator counts on a day, how many were opened after the plan's issue
-- Parameters: $indicator, $as_of, $institutions, $levels
select count(distinct r.subject_id) as points
from indicator_rows as r
inner join specialty_points as p
    on r.subject_id = p.point_id and r.subject_kind = '专业点'
inner join plan_dates as d
    on d.name = 'issued_on' and p.opened_on > d.value
where
    r.indicator = $indicator
    and r.counted
    and r.level in (select unnest($levels))
    and r.institution_id in (select unnest($institutions))
    and r.since <= $as_of
    and r.until > $as_of
