# ruff: noqa: F401
"""The statistical core: numpy in, numpy out; no tables, no files, no globals.

Names are loaded on first use, so that importing the package costs numpy and little more. The table
`_NAMES` is what runs; the block above it tells the same to type checkers (a test holds them equal).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.statistics.agreement import (
        CodedConsensus,
        DiagnosticAgreement,
        Kappa,
        OrdinalSummary,
        Proportion,
        answer_entropy,
        coded_consensus,
        diagnostic_agreement,
        kappa,
        ordinal_summary,
        proportion,
    )
    from workbench.statistics.assigned_value import (
        CONSENSUS,
        AssignedValue,
        bootstrap,
        consensus,
        consensus_groups,
    )
    from workbench.statistics.censored import CensoredEstimate, censored_normal, result_intervals
    from workbench.statistics.combined_scores import CombinedScore, rescaled_sum, sum_of_squares
    from workbench.statistics.dip import DipTest, dip_statistic, dip_test
    from workbench.statistics.estimates import RobustEstimate, RobustEstimates
    from workbench.statistics.group_splits import (
        FieldSplit,
        laboratory_deviations,
        split_by_field,
        split_by_fields,
    )
    from workbench.statistics.hampel_mean import (
        hampel,
        hampel_groups,
        q_hampel,
        q_hampel_groups,
        q_hampel_replicates,
    )
    from workbench.statistics.mandel_hk import MandelStatistics, mandel, mandel_h_critical, mandel_k_critical
    from workbench.statistics.material_homogeneity import (
        CodedMaterialCheck,
        HomogeneityCheck,
        SingleMeasurementCheck,
        check_criterion,
        coded_homogeneity,
        expanded_criterion_factors,
        homogeneity,
        homogeneity_without_replicates,
    )
    from workbench.statistics.material_stability import StabilityCheck, stability
    from workbench.statistics.mixture_split import MixtureSplit, split_without_field
    from workbench.statistics.modality import (
        DensityModes,
        density_modes,
        judging_bandwidth,
        kernel_density,
        look_bandwidth,
    )
    from workbench.statistics.moments import mean_sd, mean_sd_groups, mean_sd_within, mean_sd_within_groups
    from workbench.statistics.order_statistics import (
        median,
        median_groups,
        median_made,
        median_made_groups,
        median_niqr,
        median_niqr_groups,
        quantile_groups,
    )
    from workbench.statistics.outliers import (
        DIXON,
        GRUBBS_DOUBLE,
        CochranTest,
        OutlierTest,
        cochran,
        cochran_critical,
        dixon,
        grubbs,
        grubbs_critical,
        grubbs_double,
    )
    from workbench.statistics.pair_scales import qn, qn_groups, sn, sn_groups
    from workbench.statistics.persistent_failure import (
        PERSISTENCE_RULES,
        Condition,
        PersistenceRule,
        PersistenceVerdict,
        persistence,
    )
    from workbench.statistics.proficiency_sd import (
        SIGMA_PT,
        SigmaLine,
        VariationLimits,
        biological_variation_limits,
        horwitz_sigma,
        sigma_from_allowable_error,
        sigma_from_precision,
        sigma_from_round,
        sigma_line,
        sigma_with_heterogeneity,
        sigma_within_bounds,
    )
    from workbench.statistics.proportions import binomial_score, clopper_pearson_interval, wilson_interval
    from workbench.statistics.q_scale import q_method, q_method_groups, q_method_replicates
    from workbench.statistics.ragged import Groups, group_values
    from workbench.statistics.random_effects import DARK_UNCERTAINTY, WeightedConsensus, weighted_consensus
    from workbench.statistics.ranks import percentile_rank, percentile_rank_groups
    from workbench.statistics.reference_value import (
        ReferenceCheck,
        reference_check,
        uncertainty_budget,
        value_by_crm_comparison,
        value_by_experts,
        value_by_formulation,
        value_by_reference,
    )
    from workbench.statistics.scheme_scores import (
        overall_mean_score,
        target_score,
        target_score_is_poor,
        variance_index,
        variance_index_score,
    )
    from workbench.statistics.score_classes import score_class, uncertainty_flag
    from workbench.statistics.scores import (
        difference,
        en_score,
        percent_allowed,
        percent_difference,
        sdi,
        widened_allowable_error,
        z_prime_score,
        z_score,
        zeta_score,
    )
    from workbench.statistics.sequences import (
        CusumChart,
        EwmaChart,
        RunningScores,
        cusum,
        ewma,
        running_scores,
    )
    from workbench.statistics.small_rounds import small_round
    from workbench.statistics.split_consequences import SplitEffect, split_effect
    from workbench.statistics.split_level import (
        SplitLevelScores,
        repeatability_p_value,
        repeatability_statistic,
        split_level_scores,
        youden_correlation,
    )
    from workbench.statistics.susceptibility import (
        CategoricalAgreement,
        categorical_agreement,
        categorical_agreement_from_counts,
        essential_agreement,
    )
    from workbench.statistics.target_uncertainty import consensus_uncertainty, uncertainty_is_negligible
    from workbench.statistics.thresholds import (
        ThresholdReach,
        acceptable_needed,
        largest_self_included_score,
        least_n_for_score,
        threshold_reachability,
    )
    from workbench.statistics.trend import (
        TrendTest,
        drift_ratio,
        lag_one_correlation,
        line_trend,
        mann_kendall,
    )
    from workbench.statistics.winsorised_mean import algorithm_a, algorithm_a_groups
    from workbench.statistics.winsorised_sd import algorithm_s, algorithm_s_factors, algorithm_s_groups

_NAMES = {
    "agreement": (
        "CodedConsensus DiagnosticAgreement Kappa OrdinalSummary Proportion answer_entropy "
        "coded_consensus diagnostic_agreement kappa ordinal_summary proportion"
    ),
    "assigned_value": "CONSENSUS AssignedValue bootstrap consensus consensus_groups",
    "censored": "CensoredEstimate censored_normal result_intervals",
    "combined_scores": "CombinedScore rescaled_sum sum_of_squares",
    "dip": "DipTest dip_statistic dip_test",
    "estimates": "RobustEstimate RobustEstimates",
    "hampel_mean": "hampel hampel_groups q_hampel q_hampel_groups q_hampel_replicates",
    "group_splits": "FieldSplit laboratory_deviations split_by_field split_by_fields",
    "mixture_split": "MixtureSplit split_without_field",
    "split_consequences": "SplitEffect split_effect",
    "mandel_hk": "MandelStatistics mandel mandel_h_critical mandel_k_critical",
    "material_homogeneity": (
        "CodedMaterialCheck HomogeneityCheck SingleMeasurementCheck check_criterion "
        "coded_homogeneity expanded_criterion_factors homogeneity homogeneity_without_replicates"
    ),
    "material_stability": "StabilityCheck stability",
    "modality": "DensityModes density_modes judging_bandwidth kernel_density look_bandwidth",
    "moments": "mean_sd mean_sd_groups mean_sd_within mean_sd_within_groups",
    "order_statistics": (
        "median median_groups median_made median_made_groups median_niqr median_niqr_groups quantile_groups"
    ),
    "outliers": (
        "DIXON GRUBBS_DOUBLE CochranTest OutlierTest cochran cochran_critical dixon grubbs "
        "grubbs_critical grubbs_double"
    ),
    "pair_scales": "qn qn_groups sn sn_groups",
    "persistent_failure": "PERSISTENCE_RULES Condition PersistenceRule PersistenceVerdict persistence",
    "proficiency_sd": (
        "SIGMA_PT SigmaLine VariationLimits biological_variation_limits horwitz_sigma "
        "sigma_from_allowable_error sigma_from_precision sigma_from_round sigma_line "
        "sigma_with_heterogeneity sigma_within_bounds"
    ),
    "proportions": "binomial_score clopper_pearson_interval wilson_interval",
    "q_scale": "q_method q_method_groups q_method_replicates",
    "ragged": "Groups group_values",
    "random_effects": "DARK_UNCERTAINTY WeightedConsensus weighted_consensus",
    "ranks": "percentile_rank percentile_rank_groups",
    "reference_value": (
        "ReferenceCheck reference_check uncertainty_budget value_by_crm_comparison value_by_experts "
        "value_by_formulation value_by_reference"
    ),
    "scheme_scores": (
        "overall_mean_score target_score target_score_is_poor variance_index variance_index_score"
    ),
    "score_classes": "score_class uncertainty_flag",
    "scores": (
        "difference en_score percent_allowed percent_difference sdi widened_allowable_error "
        "z_prime_score z_score zeta_score"
    ),
    "sequences": "CusumChart EwmaChart RunningScores cusum ewma running_scores",
    "small_rounds": "small_round",
    "split_level": (
        "SplitLevelScores repeatability_p_value repeatability_statistic split_level_scores youden_correlation"
    ),
    "susceptibility": (
        "CategoricalAgreement categorical_agreement categorical_agreement_from_counts essential_agreement"
    ),
    "target_uncertainty": "consensus_uncertainty uncertainty_is_negligible",
    "thresholds": (
        "ThresholdReach acceptable_needed largest_self_included_score least_n_for_score threshold_reachability"
    ),
    "trend": "TrendTest drift_ratio lag_one_correlation line_trend mann_kendall",
    "winsorised_mean": "algorithm_a algorithm_a_groups",
    "winsorised_sd": "algorithm_s algorithm_s_factors algorithm_s_groups",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
