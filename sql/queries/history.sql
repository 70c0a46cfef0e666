-- grain: one row per laboratory x device x analyte x evaluation
-- units: score_percent in %, mean_percent_allowed in % of the allowed deviation, signed
-- frame: history
-- params: evaluation_nos integers
select
    a.lab_code,
    a.device_id,
    a.analyte,
    r.round,
    a.acceptable,
    a.graded,
    a.score_percent,
    a.verdict,
    a.mean_percent_allowed,
    coalesce(c.criterion, '') as criterion
from analyte_verdict as a
inner join evaluation as e on a.evaluation_no = e.evaluation_no
inner join programme_round as r on e.programme_round_id = r.programme_round_id
left join evaluation_criterion as c on a.evaluation_no = c.evaluation_no and a.analyte = c.analyte
where a.evaluation_no in :evaluation_nos
