-- grain: one row per laboratory of a programme-round: its parcel as dispatched and received last, its last return, its
--     claims that wait for a decision
-- units: times local; NULL: not dispatched, not received, nothing returned; due_at: of this laboratory
-- columns: lab_code text, first_on time, dispatched_on time, dispatch_revision integer, due_at time, received_on time,
--     condition text, receipt_revision integer, returned_at time, open_claims integer, excused flag
-- params: programme_round_id integer
with sent as (
    select
        d.*,
        row_number() over (partition by d.participation_id order by d.revision desc) as choice
    from dispatch as d
    inner join participation as p on d.participation_id = p.participation_id
    where p.programme_round_id = :programme_round_id
),

first_sent as (
    select
        s.participation_id,
        max(s.revision) as revision
    from sent as s
    where s.cause <> 'replacement'
    group by s.participation_id
),

arrived as (
    select
        c.*,
        row_number() over (partition by c.participation_id order by c.revision desc) as choice
    from receipt as c
    inner join participation as p on c.participation_id = p.participation_id
    where p.programme_round_id = :programme_round_id
),

returns as (
    select
        s.participation_id,
        max(s.returned_at) as returned_at
    from submission as s
    inner join participation as p on s.participation_id = p.participation_id
    where p.programme_round_id = :programme_round_id and s.status = 'accepted'
    group by s.participation_id
),

claimed as (
    select
        c.participation_id,
        c.claim_state,
        row_number() over (
            partition by c.participation_id, c.sample, c.claimed_on
            order by c.revision desc
        ) as choice
    from claim as c
    inner join participation as p on c.participation_id = p.participation_id
    where p.programme_round_id = :programme_round_id
),

waiting as (
    select
        c.participation_id,
        count(*) as open_claims
    from claimed as c
    where c.choice = 1 and c.claim_state = 'open'
    group by c.participation_id
),

due as (
    select
        e.participation_id,
        max(case when e.enrolment_state = 'enrolled' then 1 else 0 end) as asked
    from enrolment as e
    inner join participation as p on e.participation_id = p.participation_id
    where p.programme_round_id = :programme_round_id
    group by e.participation_id
)

select
    l.lab_code,
    f.dispatched_on as first_on,
    s.dispatched_on,
    coalesce(s.revision, 0) as dispatch_revision,
    coalesce(s.due_at, r.closing_at) as due_at,
    a.received_on,
    coalesce(a.condition, '') as condition,
    coalesce(a.revision, 0) as receipt_revision,
    t.returned_at,
    coalesce(w.open_claims, 0) as open_claims,
    coalesce(u.asked, 0) = 0 as excused
from participation as p
inner join laboratory as l on p.lab_id = l.lab_id
inner join programme_round as r on p.programme_round_id = r.programme_round_id
left join sent as s on p.participation_id = s.participation_id and s.choice = 1
left join first_sent as g on p.participation_id = g.participation_id
left join dispatch as f on g.participation_id = f.participation_id and g.revision = f.revision
left join arrived as a on p.participation_id = a.participation_id and a.choice = 1
left join returns as t on p.participation_id = t.participation_id
left join waiting as w on p.participation_id = w.participation_id
left join due as u on p.participation_id = u.participation_id
where p.programme_round_id = :programme_round_id
order by l.lab_code
