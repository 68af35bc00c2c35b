-- One row per pathway in force on a day: from which institution and specialty to which
-- Parameters: $day, $institutions (those it may start from)
-- to_level null: the institution is not among the data's, it lies outside the city
with specialty_names as (
    select
        code,
        min(name) as name
    from specialties
    group by code
)

select
    p.pathway_id,
    p.kind,
    p.from_institution_id,
    f.institution as from_institution,
    coalesce(a.name, p.from_specialty_code) as from_specialty,
    t.institution_id as to_institution_id,
    coalesce(t.institution, p.to_institution) as to_institution,
    case
        when t.bachelor_since is null then t.level_today
        when t.bachelor_since <= $day then '职业本科'
        else '高职'
    end as to_level,
    coalesce(b.name, p.to_specialty_code) as to_specialty,
    p.started_on
from pathways as p
inner join institution_facts as f
    on p.from_institution_id = f.institution_id
left join institution_facts as t
    on p.to_institution = t.institution_id
left join specialty_names as a
    on p.from_specialty_code = a.code
left join specialty_names as b
    on p.to_specialty_code = b.code
where
    p.started_on <= $day
    and coalesce(p.ended_on, date '9999-12-31') > $day
    and p.from_institution_id in (select unnest($institutions))
order by p.kind, f.institution, p.pathway_id
