-- grain: one row per analyte x evaluation: counts over all laboratories and devices
-- units: counts of laboratories x device, and of results
-- columns: analyte text, round text, n_pass integer, n_fail integer, n_not_scored integer,
--     acceptable integer, graded integer
-- params: evaluation_nos integers
select
    a.analyte,
    r.round,
    cast(sum(case when a.verdict = 'pass' then 1 else 0 end) as integer) as n_pass,
    cast(sum(case when a.verdict = 'fail' then 1 else 0 end) as integer) as n_fail,
    cast(sum(case when a.verdict = 'not_scored' then 1 else 0 end) as integer) as n_not_scored,
    cast(sum(a.acceptable) as integer) as acceptable,
    cast(sum(a.graded) as integer) as graded
from analyte_verdict as a
inner join evaluation as e on a.evaluation_no = e.evaluation_no
inner join programme_round as r on e.programme_round_id = r.programme_round_id
where a.evaluation_no in :evaluation_nos
group by a.analyte, r.round
