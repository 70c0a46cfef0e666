-- grain: one row per finding that a decision accepts, by programme of a round
-- units: none
-- columns: programme_no text, code text, analyte text, sample text
-- params: round text
select distinct
    r.programme_no,
    substr(d.kind, 8) as code,
    coalesce(i.analyte, '') as analyte,
    coalesce(s.sample, '') as sample
from programme_round as r
inner join decision as d on r.programme_round_id = d.programme_round_id
left join analyte_item as i on d.item_id = i.item_id
left join sample as s on d.sample_id = s.sample_id
where r.round = :round and d.kind like 'accept\_%' escape '\'
