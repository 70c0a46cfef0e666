-- grain: one row per finding code x analyte x sample of level 3 of the evaluations in force of a round
-- units: none; the cross join keeps SQLite from reading every finding of every round first
-- columns: programme_no text, code text, analyte text, sample text
-- params: round text
with chosen as (
    select
        e.evaluation_no,
        r.programme_no
    from programme_round as r
    inner join evaluation as e on r.programme_round_id = e.programme_round_id
    left join evaluation as later on e.evaluation_no = later.supersedes
    where r.round = :round and later.evaluation_no is null
)

select distinct
    c.programme_no,
    f.code,
    f.analyte,
    f.sample
from chosen as c
cross join finding as f
where c.evaluation_no = f.evaluation_no and f.organiser_level = 3
