-- grain: one row per sample of a programme-round
-- units: none
-- frame: samples
-- params: programme_round_id integer
select
    s.sample,
    s.position,
    m.material_lot,
    m.matrix,
    s.withdrawn,
    s.reason
from sample as s
inner join sample_material as m on s.material_id = m.material_id
where s.programme_round_id = :programme_round_id
