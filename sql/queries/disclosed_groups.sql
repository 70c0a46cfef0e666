-- grain: one row per analyte x sample x rung x group; of a suppressed group only the key and the flag
-- units: means, SD, u and limits in the analyte's unit; cv in %
-- frame: groups
-- columns: suppressed flag
-- params: evaluation_no integer
select
    g.analyte,
    g.sample,
    g.peer_group_level,
    g.peer_group,
    case when g.suppressed then 0 else g.n end as n,
    case when g.suppressed then 0 else g.n_censored end as n_censored,
    case when not g.suppressed then g.robust_mean end as robust_mean,
    case when not g.suppressed then g.robust_sd end as robust_sd,
    case when not g.suppressed then g.cv end as cv,
    case when not g.suppressed then g.u end as u,
    g.estimator,
    case when g.suppressed then 0 else g.iterations end as iterations,
    g.degenerate and not g.suppressed as degenerate,
    case when not g.suppressed then g.assigned_value end as assigned_value,
    case when not g.suppressed then g.u_assigned_value end as u_assigned_value,
    g.assigned_value_method,
    case when not g.suppressed then g.sigma_pt end as sigma_pt,
    case when not g.suppressed then g.allowable_error end as allowable_error,
    case when g.suppressed then 0 else g.n_acceptable end as n_acceptable,
    case when g.suppressed then 0 else g.n_graded end as n_graded,
    g.used and not g.suppressed as used,
    g.suppressed
from peer_group_statistic as g
where g.evaluation_no = :evaluation_no
