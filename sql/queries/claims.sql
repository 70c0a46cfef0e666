-- grain: one row per claim of a programme-round, a laboratory's on a sample on a day, with the revision that holds
-- units: times local; sample empty: the whole parcel
-- columns: lab_code text, sample text, claimed_on time, revision integer, claim_kind text, claim_state text,
--     replaced_on time, decided_on time, reason text
-- params: programme_round_id integer
with ranked as (
    select
        c.*,
        row_number() over (
            partition by c.participation_id, c.sample, c.claimed_on
            order by c.revision desc
        ) as choice
    from claim as c
    inner join participation as p on c.participation_id = p.participation_id
    where p.programme_round_id = :programme_round_id
)

select
    l.lab_code,
    c.sample,
    c.claimed_on,
    c.revision,
    c.claim_kind,
    c.claim_state,
    c.replaced_on,
    c.decided_on,
    c.reason
from ranked as c
inner join participation as p on c.participation_id = p.participation_id
inner join laboratory as l on p.lab_id = l.lab_id
where c.choice = 1
order by l.lab_code, c.sample, c.claimed_on
