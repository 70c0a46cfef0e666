-- grain: one row per analyte x sample that has a value not taken from participants
-- units: assigned_value and u_assigned_value (standard uncertainty) in the analyte's unit
-- frame: reference_values
-- params: programme_round_id integer
select
    i.analyte,
    s.sample,
    v.assigned_value_method,
    v.assigned_value,
    v.u_assigned_value,
    v.traceability
from sample as s
inner join reference_value as v on s.sample_id = v.sample_id
inner join analyte_item as i on v.item_id = i.item_id
where s.programme_round_id = :programme_round_id
