-- grain: one row per report number x locale of a programme-round
-- units: times local; lab_code empty for a report on all laboratories
-- columns: number text, locale text, kind text, round text, programme_no text, lab_code text,
--     evaluation_id text, version integer, status text, twin_sha256 text, content_sha256 text,
--     issued_at time, replaces text
-- params: round text, programme_no text
select
    t.number,
    t.locale,
    t.kind,
    r.round,
    r.programme_no,
    coalesce(l.lab_code, '') as lab_code,
    e.evaluation_id,
    t.version,
    t.status,
    t.twin_sha256,
    t.content_sha256,
    t.issued_at,
    t.replaces
from report as t
inner join programme_round as r on t.programme_round_id = r.programme_round_id
inner join evaluation as e on t.evaluation_no = e.evaluation_no
left join laboratory as l on t.lab_id = l.lab_id
where r.round = :round and r.programme_no = :programme_no
