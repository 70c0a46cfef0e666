-- grain: one row per laboratory x programme x device of a year, with the revision that holds
-- units: none
-- columns: lab_code text, programme_no text, device_id text, revision integer, year_state text,
--     fee_settled flag, designated flag, reason text
-- params: year integer
with ranked as (
    select
        y.*,
        row_number() over (
            partition by y.lab_id, y.programme_no, y.device_id
            order by y.revision desc
        ) as choice
    from year_enrolment as y
    where y.year = :year
)

select
    l.lab_code,
    y.programme_no,
    y.device_id,
    y.revision,
    y.year_state,
    y.fee_settled,
    y.designated,
    y.reason
from ranked as y
inner join laboratory as l on y.lab_id = l.lab_id
where y.choice = 1
order by l.lab_code, y.programme_no, y.device_id
