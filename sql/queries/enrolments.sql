-- grain: one row per laboratory x device x analyte enrolled in a programme-round; excused where the laboratory has
--     withdrawn for the year
-- units: none
-- frame: enrolments
-- params: programme_round_id integer
with year_of as (
    select
        y.lab_id,
        y.device_id,
        y.year_state,
        y.reason,
        row_number() over (partition by y.lab_id, y.device_id order by y.revision desc) as choice
    from programme_round as t
    inner join year_enrolment as y
        on t.programme_no = y.programme_no and cast(substr(t.round, 1, 4) as integer) = y.year
    where t.programme_round_id = :programme_round_id
)

select
    l.lab_code,
    e.device_id,
    i.analyte,
    coalesce(m.code, '') as method,
    coalesce(n.code, '') as instrument,
    coalesce(r.code, '') as reagent,
    coalesce(c.code, '') as calibrator,
    case when y.year_state = 'withdrawn' then 'excused' else e.enrolment_state end as enrolment_state,
    case when y.year_state = 'withdrawn' then y.reason else e.reason end as reason
from participation as p
inner join laboratory as l on p.lab_id = l.lab_id
inner join enrolment as e on p.participation_id = e.participation_id
inner join analyte_item as i on e.item_id = i.item_id
left join system_item as m on e.method_id = m.system_id
left join system_item as n on e.instrument_id = n.system_id
left join system_item as r on e.reagent_id = r.system_id
left join system_item as c on e.calibrator_id = c.system_id
left join year_of as y on p.lab_id = y.lab_id and e.device_id = y.device_id and y.choice = 1
where p.programme_round_id = :programme_round_id
