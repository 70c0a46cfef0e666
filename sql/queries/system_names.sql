-- grain: one row per method, instrument, reagent or calibrator registered in a programme-round
-- units: none
-- frame: system_names
-- params: programme_round_id integer
select distinct
    y.kind,
    y.code,
    y.name_zh,
    y.name_en
from participation as p
inner join enrolment as e on p.participation_id = e.participation_id
inner join system_item as y
    on y.system_id in (e.method_id, e.instrument_id, e.reagent_id, e.calibrator_id)
where p.programme_round_id = :programme_round_id
