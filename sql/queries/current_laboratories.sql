-- grain: one row per laboratory of a programme-round, with its submission that counts: the last one
--     returned in time, else the last one
-- units: times local; revision 0 where nothing was returned; received_on from the receipt where
--     there is one; due_at: last moment in time of this laboratory
-- columns: lab_code text, round_alias text, region text, hospital_level text, received_on time,
--     tested_on time, returned_at time, revision integer, comment text, closing_at time, due_at time
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
),

counting as (
    select s.*
    from submission as s
    inner join ranked on s.submission_id = ranked.submission_id
    where ranked.choice = 1
),

arrived as (
    select
        c.participation_id,
        c.received_on,
        row_number() over (partition by c.participation_id order by c.revision desc) as choice
    from receipt as c
    inner join participation as p on c.participation_id = p.participation_id
    where p.programme_round_id = :programme_round_id
)

select
    l.lab_code,
    p.round_alias,
    l.region,
    l.hospital_level,
    coalesce(a.received_on, s.received_on) as received_on,
    s.tested_on,
    s.returned_at,
    coalesce(s.revision, 0) as revision,
    coalesce(s.comment, '') as comment,
    r.closing_at,
    coalesce(d.due_at, r.closing_at) as due_at
from participation as p
inner join laboratory as l on p.lab_id = l.lab_id
inner join programme_round as r on p.programme_round_id = r.programme_round_id
left join counting as s on p.participation_id = s.participation_id
left join sent as d on p.participation_id = d.participation_id and d.choice = 1
left join arrived as a on p.participation_id = a.participation_id and a.choice = 1
where p.programme_round_id = :programme_round_id
