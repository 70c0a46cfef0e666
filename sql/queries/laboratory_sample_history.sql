-- grain: one row per device x analyte x sample x evaluation of one laboratory
-- units: percent_allowed in % of the allowed deviation, signed, NULL when not scored
-- frame: sample_history
-- params: evaluation_nos integers, lab_code text
select
    s.lab_code,
    s.device_id,
    s.analyte,
    r.round,
    s.sample,
    s.percent_allowed
from score as s
inner join evaluation as e on s.evaluation_no = e.evaluation_no
inner join programme_round as r on e.programme_round_id = r.programme_round_id
where s.evaluation_no in :evaluation_nos and s.lab_code = :lab_code
