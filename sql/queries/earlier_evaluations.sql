-- grain: one row per earlier round of the same programme that has an evaluation in force, latest first
-- units: times local
-- columns: evaluation_no integer, round text, closing_at time
-- params: programme_round_id integer
select
    e.evaluation_no,
    earlier.round,
    earlier.closing_at
from programme_round as here
inner join programme_round as earlier
    on here.programme_no = earlier.programme_no and earlier.closing_at < here.closing_at
inner join evaluation as e on earlier.programme_round_id = e.programme_round_id
where
    here.programme_round_id = :programme_round_id
    and not exists (select 1 from evaluation as later where later.supersedes = e.evaluation_no)
order by earlier.closing_at desc
