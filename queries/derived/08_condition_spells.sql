-- One row per institution and conditions record, over the days on which it is the latest one
-- A year's record counts from its 31 December. The provincial verdict rules where there is one
with computed as (
    select
        institution_id,
        year,
        min(case when met then 1 else 0 end) = 1 as all_met
    from condition_checks
    group by institution_id, year
),

judged as (
    select
        c.institution_id,
        c.year,
        c.verdict,
        a.all_met,
        case
            when c.verdict is not null then v.item is not null
            else coalesce(a.all_met, false)
        end as met,
        make_date(c.year, 12, 31) as since
    from conditions as c
    left join computed as a
        on c.institution_id = a.institution_id and c.year = a.year
    left join plan_items as v
        on
            v.indicator = 'secondary_conditions_met'
            and v.role = 'verdict_met'
            and c.verdict = v.item
)

select
    institution_id,
    year,
    verdict,
    all_met,
    met,
    since,
    coalesce(
        lead(since) over (partition by institution_id order by year),
        date '9999-12-31'
    ) as until
from judged
