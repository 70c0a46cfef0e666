-- grain: one row per analyte x sample x check of a programme-round
-- units: s_s, s_w and limit in the analyte's unit
-- frame: material_checks
-- params: programme_round_id integer
select
    i.analyte,
    s.sample,
    c.check_kind as "check",
    c.n_items,
    c.n_replicates,
    c.s_s,
    c.s_w,
    c.limit_value as "limit",
    c.passed
from sample as s
inner join material_check as c on s.sample_id = c.sample_id
inner join analyte_item as i on c.item_id = i.item_id
where s.programme_round_id = :programme_round_id
