-- grain: one row per laboratory enrolled
-- units: none
select
    h.hosp_no,
    h.district,
    h.grade
from booking as t
inner join hospital as h on t.hosp_key = h.hosp_key
where t.survey_code = :source_round and t.panel = :source_programme
