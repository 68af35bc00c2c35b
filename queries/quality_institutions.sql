-- One row per institution: where it is, and what the indicators know of it on a day
-- Parameters: $as_of. level: null while not in force. record_year, verdict, judged: of the latest
-- conditions record; items: thresholds of its school type, unknown_items: those not computable
with latest as (
    select
        c.institution_id,
        c.year,
        c.verdict,
        count(k.item) as items,
        count(k.item) - count(k.met) as unknown_items
    from condition_spells as c
    left join condition_checks as k
        on c.institution_id = k.institution_id and c.year = k.year
    where c.since <= $as_of and c.until > $as_of
    group by c.institution_id, c.year, c.verdict
),

key_groups as (
    select
        institution_id,
        count(*) as group_count
    from specialty_groups
    group by institution_id
),

industries_led as (
    select
        institution_id,
        count(*) as industry_count
    from leading_industries
    group by institution_id
)

select
    f.institution_id,
    f.institution,
    f.district,
    i.longitude,
    i.latitude,
    f.level_today,
    f.school_type,
    f.outside,
    f.since,
    f.until,
    f.bachelor_since,
    s.level,
    l.year as record_year,
    l.verdict,
    l.items,
    l.unknown_items,
    coalesce(g.group_count, 0) as group_count,
    coalesce(d.industry_count, 0) as industry_count
from institution_facts as f
inner join institutions as i
    on f.institution_id = i.institution_id
left join institution_spells as s
    on f.institution_id = s.institution_id and s.since <= $as_of and s.until > $as_of
left join latest as l
    on f.institution_id = l.institution_id
left join key_groups as g
    on f.institution_id = g.institution_id
left join industries_led as d
    on f.institution_id = d.institution_id
order by f.institution_id
