-- grain: one row per laboratory that returned results
-- units: dates as text; sent with hours and minutes, local
select
    h.hosp_no,
    e.sent,
    e.run_day,
    e.remark
from incoming_mail as e
inner join hospital as h on e.hosp_key = h.hosp_key
where e.survey_code = :source_round and e.panel = :source_programme
