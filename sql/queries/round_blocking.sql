-- grain: one row per finding of level 3 of the evaluations in force of a round, with the number of times it
--     was accepted with a reason
-- units: none
-- columns: programme_no text, code text, analyte text, sample text, accepted integer
-- params: round text
select
    r.programme_no,
    f.code,
    f.analyte,
    f.sample,
    count(d.decision_no) as accepted
from evaluation as e
inner join programme_round as r on e.programme_round_id = r.programme_round_id
inner join finding as f on e.evaluation_no = f.evaluation_no
left join evaluation as later on e.evaluation_no = later.supersedes
left join analyte_item as i on r.programme_no = i.programme_no and f.analyte = i.analyte
left join sample as s on r.programme_round_id = s.programme_round_id and f.sample = s.sample
left join decision as d
    on
        r.programme_round_id = d.programme_round_id
        and d.kind = 'accept_' || f.code
        and coalesce(d.item_id, 0) = coalesce(i.item_id, 0)
        and coalesce(d.sample_id, 0) = coalesce(s.sample_id, 0)
where r.round = :round and later.evaluation_no is null and f.organiser_level = 3
group by r.programme_no, f.code, f.analyte, f.sample
