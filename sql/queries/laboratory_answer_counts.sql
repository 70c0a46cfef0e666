-- grain: one row per analyte x sample x rung x group x answer: all laboratories, and the groups that one
--     laboratory was judged by, of those that are not suppressed
-- units: count of results
-- frame: answer_counts
-- params: evaluation_no integer, lab_code text
with own as (
    select
        s.analyte,
        s.sample,
        s.peer_group_level,
        s.peer_group
    from score as s
    where s.evaluation_no = :evaluation_no and s.lab_code = :lab_code
    union
    select
        s.analyte,
        s.sample,
        'all' as peer_group_level,
        '' as peer_group
    from score as s
    where s.evaluation_no = :evaluation_no and s.lab_code = :lab_code
)

select
    h.analyte,
    h.sample,
    h.peer_group_level,
    h.peer_group,
    h.answer,
    h.position,
    h.count
from own
inner join answer_count as h
    on
        own.analyte = h.analyte
        and own.sample = h.sample
        and own.peer_group_level = h.peer_group_level
        and own.peer_group = h.peer_group
inner join peer_group_statistic as g
    on
        h.evaluation_no = g.evaluation_no
        and h.analyte = g.analyte
        and h.sample = g.sample
        and h.peer_group_level = g.peer_group_level
        and h.peer_group = g.peer_group
where h.evaluation_no = :evaluation_no and not g.suppressed
