-- grain: one row per laboratory x test enrolled
-- units: none
select
    h.hosp_no,
    a.test,
    a.analyser,
    a.kit,
    a.principle
from booking as t
inner join hospital as h on t.hosp_key = h.hosp_key
inner join test_list as a on t.booking_key = a.booking_key
where t.survey_code = :source_round and t.panel = :source_programme
