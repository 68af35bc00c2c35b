-- One row per leading industry of an institution in force on a day
-- Parameters: $institution, $as_of
select
    industry,
    min(since) as since
from leading_industries
where
    institution_id = $institution
    and since <= $as_of
    and (until is null or until > $as_of)
group by industry
order by since, industry
