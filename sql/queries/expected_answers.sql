-- grain: one row per analyte x sample whose answer does not come from participants
-- units: none; codes of the common scale
-- frame: expected_answers
-- params: programme_round_id integer
select
    i.analyte,
    s.sample,
    a.code,
    a.accepted,
    a.assigned_value_method,
    a.detail
from sample as s
inner join expected_answer as a on s.sample_id = a.sample_id
inner join analyte_item as i on a.item_id = i.item_id
where s.programme_round_id = :programme_round_id
