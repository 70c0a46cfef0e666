-- grain: one row per laboratory x device x analyte x sample of the submission that counts: the last
--     one returned in time, else the last one
-- units: value and u_result, a standard uncertainty, in the programme's unit of the analyte
-- frame: results
-- params: programme_round_id integer
with sent as (
    select
        d.participation_id,
        d.due_at,
        row_number() over (partition by d.participation_id order by d.revision desc) as choice
    from dispatch as d
    inner join participation as p on d.participation_id = p.participation_id
    where p.programme_round_id = :programme_round_id
),

ranked as (
    select
        s.submission_id,
        row_number() over (
            partition by s.participation_id
            order by case when s.returned_at <= coalesce(d.due_at, r.closing_at) then 0 else 1 end, s.revision desc
        ) as choice
    from participation as p
    inner join programme_round as r on p.programme_round_id = r.programme_round_id
    inner join submission as s on p.participation_id = s.participation_id
    left join sent as d on p.participation_id = d.participation_id and d.choice = 1
    where p.programme_round_id = :programme_round_id and s.status = 'accepted'
)

select
    l.lab_code,
    x.device_id,
    i.analyte,
    v.sample,
    x.raw,
    x.value,
    x.decimals,
    x.censor,
    x.code,
    x.result_state,
    x.flags,
    s.revision,
    x.u_raw,
    x.u_result,
    x.coverage_factor
from ranked
inner join submission as s on ranked.submission_id = s.submission_id
inner join participation as p on s.participation_id = p.participation_id
inner join laboratory as l on p.lab_id = l.lab_id
inner join result as x on s.submission_id = x.submission_id
inner join analyte_item as i on x.item_id = i.item_id
inner join sample as v on x.sample_id = v.sample_id
where ranked.choice = 1
