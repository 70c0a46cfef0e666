-- grain: one row per finding that one laboratory reads: its own and those of the whole programme
-- units: params is a JSON object of unrounded numbers
-- frame: findings
-- params: evaluation_no integer, lab_code text
select
    f.lab_code,
    f.analyte,
    f.sample,
    f.code,
    f.level,
    f.organiser_level,
    f.params
from finding as f
where f.evaluation_no = :evaluation_no and f.lab_code in ('', :lab_code) and f.level > 0
