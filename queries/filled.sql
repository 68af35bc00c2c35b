-- One row per table or column that figures may need: does it hold any value at all
select
    'specialty_points.track' as name,
    count(track) > 0 as filled
from specialty_points
union all
select
    'recognitions' as name,
    count(*) > 0 as filled
from recognitions
union all
select
    'specialty_groups' as name,
    count(*) > 0 as filled
from specialty_groups
union all
select
    'leading_industries' as name,
    count(*) > 0 as filled
from leading_industries
union all
select
    'conditions' as name,
    count(*) > 0 as filled
from conditions
union all
select
    'point_years' as name,
    count(*) > 0 as filled
from point_years
union all
select
    'deliverable_updates' as name,
    count(*) > 0 as filled
from deliverable_updates
union all
select
    'cooperation_bodies' as name,
    count(*) > 0 as filled
from cooperation_bodies
union all
select
    'enterprises' as name,
    count(*) > 0 as filled
from enterprises
union all
select
    'partnerships' as name,
    count(*) > 0 as filled
from partnerships
union all
select
    'pathways' as name,
    count(*) > 0 as filled
from pathways
union all
select
    'projects' as name,
    count(*) > 0 as filled
from projects
union all
select
    'rectifications' as name,
    count(*) > 0 as filled
from rectifications
union all
select
    'meetings' as name,
    count(*) > 0 as filled
from meetings
