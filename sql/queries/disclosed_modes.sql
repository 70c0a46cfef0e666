-- grain: one row per analyte x sample x mode of the density of all results, where that many may be shown
-- units: location in the analyte's unit; share 0-1
-- frame: modes
-- params: evaluation_no integer
select
    m.analyte,
    m.sample,
    m.mode,
    m.location,
    m.share,
    m.factor
from density_mode as m
inner join peer_group_statistic as g
    on m.evaluation_no = g.evaluation_no and m.analyte = g.analyte and m.sample = g.sample
where
    m.evaluation_no = :evaluation_no
    and g.peer_group_level = 'all'
    and g.peer_group = ''
    and not g.suppressed
