-- One row per specialty point with a date on a track but no track
select
    '专业点' as sheet,
    row,
    case when track_since is null then 'track_until' else 'track_since' end as name,
    '没有对应的类别，不计入任何类别' as expected,
    'track' as needs
from specialty_points
where track is null and (track_since is not null or track_until is not null)
