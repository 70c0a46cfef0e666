-- grain: one row per decision of the organiser on a programme-round; decision_id counts within the round
-- units: times local
-- frame: decisions
-- params: programme_round_id integer
select
    d.decision_no as decision_id,
    d.kind,
    coalesce(l.lab_code, '') as lab_code,
    coalesce(i.analyte, '') as analyte,
    coalesce(s.sample, '') as sample,
    d.reason,
    d.decided_at
from decision as d
left join laboratory as l on d.lab_id = l.lab_id
left join analyte_item as i on d.item_id = i.item_id
left join sample as s on d.sample_id = s.sample_id
where d.programme_round_id = :programme_round_id
