-- grain: one row per laboratory x vial, one column per analyte
-- units: mmol/L in every column, as text
select
    h.hosp_no,
    w.vial,
    w.kal_val,
    w.nat_val,
    w.mag_val
from incoming_mail as e
inner join hospital as h on e.hosp_key = h.hosp_key
inner join value_sheet as w on e.mail_key = w.mail_key
where e.survey_code = :source_round and e.panel = :source_programme
