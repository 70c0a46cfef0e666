-- grain: one row per laboratory with a failed analyte in an evaluation
-- units: none
-- columns: lab_code text
-- params: evaluation_id text
select v.lab_code
from laboratory_verdict as v
inner join evaluation as e on v.evaluation_no = e.evaluation_no
where e.evaluation_id = :evaluation_id and v.n_fail > 0
