-- grain: one row per vial
-- units: none
select
    vial,
    pos,
    lot,
    matrix_text
from vial_list
where survey_code = :source_round and panel = :source_programme
