-- grain: one row per programme of a round, with counts of its evaluation in force
-- units: counts of laboratories, items, results or checks, 0 where nothing was evaluated; closing_at local;
--     corrected counts laboratories whose return the organiser corrected since the evaluation
-- columns: programme_no text, closing_at time, evaluation_id text, enrolled integer, returned integer,
--     late integer, not_returned integer, small_groups integer, multimodal integer, outliers integer,
--     blunders integer, homogeneity_failed integer, stability_failed integer, checks integer,
--     corrected integer
-- params: round text
with chosen as (
    select
        e.evaluation_no,
        e.evaluation_id,
        e.programme_round_id
    from evaluation as e
    inner join programme_round as r on e.programme_round_id = r.programme_round_id
    left join evaluation as later on e.evaluation_no = later.supersedes
    where r.round = :round and later.evaluation_no is null
),

found as (
    select
        c.evaluation_no,
        count(distinct case when f.code = 'F01' then f.analyte end) as small_groups,
        count(distinct case when f.code = 'F05' then f.analyte end) as multimodal,
        sum(case when f.code = 'F17' then 1 else 0 end) as blunders
    from chosen as c
    inner join finding as f on c.evaluation_no = f.evaluation_no
    where f.organiser_level > 0
    group by c.evaluation_no
),

far as (
    select
        c.evaluation_no,
        count(*) as outliers
    from chosen as c
    inner join score as s on c.evaluation_no = s.evaluation_no
    where s.score_signal = 'action'
    group by c.evaluation_no
),

material as (
    select
        c.evaluation_no,
        sum(case when m."check" = 'homogeneity' and not m.passed then 1 else 0 end) as homogeneity_failed,
        sum(case when m."check" = 'stability' and not m.passed then 1 else 0 end) as stability_failed,
        count(*) as checks
    from chosen as c
    inner join evaluated_material_check as m on c.evaluation_no = m.evaluation_no
    group by c.evaluation_no
),

entered as (
    select
        p.programme_round_id,
        l.lab_code,
        max(s.revision) as revision
    from participation as p
    inner join programme_round as r on p.programme_round_id = r.programme_round_id
    inner join laboratory as l on p.lab_id = l.lab_id
    inner join submission as s on p.participation_id = s.participation_id
    where r.round = :round and s.status = 'accepted' and s.by_role = 'organiser'
    group by p.programme_round_id, l.lab_code
),

newer as (
    select
        c.evaluation_no,
        count(*) as corrected
    from chosen as c
    inner join entered as x on c.programme_round_id = x.programme_round_id
    inner join evaluated_laboratory as v on c.evaluation_no = v.evaluation_no and x.lab_code = v.lab_code
    where x.revision > v.revision
    group by c.evaluation_no
),

participants as (
    select
        p.programme_round_id,
        count(*) as enrolled
    from participation as p
    inner join programme_round as r on p.programme_round_id = r.programme_round_id
    where r.round = :round
    group by p.programme_round_id
)

select
    r.programme_no,
    r.closing_at,
    coalesce(c.evaluation_id, '') as evaluation_id,
    coalesce(k.enrolled, n.enrolled, 0) as enrolled,
    coalesce(k.scored + k.not_scored, 0) as returned,
    coalesce(k.late, 0) as late,
    coalesce(k.not_returned, 0) as not_returned,
    coalesce(f.small_groups, 0) as small_groups,
    coalesce(f.multimodal, 0) as multimodal,
    coalesce(o.outliers, 0) as outliers,
    coalesce(f.blunders, 0) as blunders,
    coalesce(m.homogeneity_failed, 0) as homogeneity_failed,
    coalesce(m.stability_failed, 0) as stability_failed,
    coalesce(m.checks, 0) as checks,
    coalesce(w.corrected, 0) as corrected
from programme_round as r
left join chosen as c on r.programme_round_id = c.programme_round_id
left join reconciliation as k on c.evaluation_no = k.evaluation_no and k.analyte = ''
left join found as f on c.evaluation_no = f.evaluation_no
left join far as o on c.evaluation_no = o.evaluation_no
left join material as m on c.evaluation_no = m.evaluation_no
left join newer as w on c.evaluation_no = w.evaluation_no
left join participants as n on r.programme_round_id = n.programme_round_id
where r.round = :round
