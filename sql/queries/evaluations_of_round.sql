-- grain: one row per evaluation of a programme-round, with what it supersedes
-- units: times local
-- columns: evaluation_no integer, evaluation_id text, round text, programme_no text, closing_at time,
--     shipped_at time, snapshot_sha256 text, criteria_version text, code_version text, as_of text,
--     disclosure_min integer, saved_at time, supersedes text, in_force flag
-- params: round text, programme_no text
select
    e.evaluation_no,
    e.evaluation_id,
    r.round,
    r.programme_no,
    r.closing_at,
    r.shipped_at,
    e.snapshot_sha256,
    e.criteria_version,
    e.code_version,
    e.as_of,
    e.disclosure_min,
    e.saved_at,
    coalesce(earlier.evaluation_id, '') as supersedes,
    later.evaluation_no is null as in_force
from evaluation as e
inner join programme_round as r on e.programme_round_id = r.programme_round_id
left join evaluation as earlier on e.supersedes = earlier.evaluation_no
left join evaluation as later on e.evaluation_no = later.supersedes
where r.round = :round and r.programme_no = :programme_no
