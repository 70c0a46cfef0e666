-- grain: one row per laboratory x device x analyte x sample x evaluation
-- units: mark 0-1, NULL when not scored
-- frame: answer_history
-- params: evaluation_nos integers
select
    a.lab_code,
    a.device_id,
    a.analyte,
    r.round,
    a.sample,
    a.answer,
    a.target,
    a.mark
from answer as a
inner join evaluation as e on a.evaluation_no = e.evaluation_no
inner join programme_round as r on e.programme_round_id = r.programme_round_id
where a.evaluation_no in :evaluation_nos
