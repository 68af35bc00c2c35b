-- One row per approved interim target
select
    indicator,
    interim_target,
    approved_on,
    expires_on,
    reason,
    approver
from interim_targets
order by indicator, approved_on
