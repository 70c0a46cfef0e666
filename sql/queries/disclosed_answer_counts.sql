-- grain: one row per analyte x sample x rung x group x answer, of groups that are not suppressed
-- units: count of results
-- frame: answer_counts
-- params: evaluation_no integer
select
    h.analyte,
    h.sample,
    h.peer_group_level,
    h.peer_group,
    h.answer,
    h.position,
    h.count
from answer_count as h
inner join peer_group_statistic as g
    on
        h.evaluation_no = g.evaluation_no
        and h.analyte = g.analyte
        and h.sample = g.sample
        and h.peer_group_level = g.peer_group_level
        and h.peer_group = g.peer_group
where h.evaluation_no = :evaluation_no and not g.suppressed
