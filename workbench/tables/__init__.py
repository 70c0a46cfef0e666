"""One function per table: parts of a report's twin in, a table to show out."""

from __future__ import annotations

from workbench.tables.actions import actions_table
from workbench.tables.amendment import changes_table
from workbench.tables.annex import ANNEX_MM, results_by_alias_table
from workbench.tables.control import (
    corrective_table,
    cumulative_table,
    excluded_table,
    hits_table,
    rows_table,
    rules_table,
    simple_table,
)
from workbench.tables.criteria import criteria_table, target_values_table
from workbench.tables.findings import findings_table
from workbench.tables.groups import all_groups_table, groups_table, own_groups_table
from workbench.tables.history import history_table, trend_table
from workbench.tables.material import checks_table, material_table
from workbench.tables.participation import (
    failures_table,
    overall_table,
    participation_table,
    pass_rates_table,
)
from workbench.tables.provenance import provenance_table
from workbench.tables.sample_parts import parts_by_samples
from workbench.tables.samples import programme_sample_table, sample_detail_table
from workbench.tables.summary import item_summary_table

__all__ = [
    "ANNEX_MM",
    "actions_table",
    "all_groups_table",
    "changes_table",
    "checks_table",
    "corrective_table",
    "criteria_table",
    "cumulative_table",
    "excluded_table",
    "failures_table",
    "findings_table",
    "groups_table",
    "history_table",
    "hits_table",
    "item_summary_table",
    "material_table",
    "overall_table",
    "own_groups_table",
    "participation_table",
    "parts_by_samples",
    "pass_rates_table",
    "programme_sample_table",
    "provenance_table",
    "results_by_alias_table",
    "rows_table",
    "rules_table",
    "sample_detail_table",
    "simple_table",
    "target_values_table",
    "trend_table",
]
