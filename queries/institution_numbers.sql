-- One row per institution and number it has on a day, numbers that are zero left out
-- Parameters: $as_of, $levels (of points; empty: all)
select
    institution_id,
    'key_groups' as name,
    count(distinct group_id) as value
from group_spells
where is_key and since <= $as_of and until > $as_of
group by institution_id
union all
select
    institution_id,
    'leading_industries' as name,
    count(distinct industry) as value
from leading_industries
where since <= $as_of and (until is null or until > $as_of)
group by institution_id
union all
select
    institution_id,
    'titles' as name,
    count(*) as value
from title_spells
where
    since <= $as_of
    and until > $as_of
    and (point_level is null or len($levels) = 0 or list_contains($levels, point_level))
group by institution_id
