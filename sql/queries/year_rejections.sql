-- grain: one row per row of a file of the year that was kept out, by kind and scope (year or round)
-- units: none; content is JSON, heading -> text as sent
-- columns: intake_id integer, source text, row_no integer, place text, reason text, content text
-- params: kind text, scope text
select
    i.intake_id,
    i.source,
    x.row_no,
    x.place,
    x.reason,
    x.content
from year_intake as i
inner join year_rejection as x on i.intake_id = x.intake_id
where i.kind = :kind and i.scope = :scope
order by i.intake_id, x.row_no
