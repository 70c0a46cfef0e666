-- grain: one row, the programme-round
-- units: dates as text, day.month.year
select
    last_day,
    sent_out
from survey
where survey_code = :source_round and panel = :source_programme
