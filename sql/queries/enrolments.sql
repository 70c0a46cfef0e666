-- grain: one row per laboratory x device x analyte enrolled in a programme-round
-- units: none
-- frame: enrolments
-- params: programme_round_id integer
select
    l.lab_code,
    e.device_id,
    i.analyte,
    coalesce(m.code, '') as method,
    coalesce(n.code, '') as instrument,
    coalesce(r.code, '') as reagent,
    coalesce(c.code, '') as calibrator,
    e.enrolment_state,
    e.reason
from participation as p
inner join laboratory as l on p.lab_id = l.lab_id
inner join enrolment as e on p.participation_id = e.participation_id
inner join analyte_item as i on e.item_id = i.item_id
left join system_item as m on e.method_id = m.system_id
left join system_item as n on e.instrument_id = n.system_id
left join system_item as r on e.reagent_id = r.system_id
left join system_item as c on e.calibrator_id = c.system_id
where p.programme_round_id = :programme_round_id
