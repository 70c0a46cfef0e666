"""Result types, one module each. To add one: write the module, add its line to `RESULT_TYPES`.

Two ways to write one:

- Coded answers (grades, reactions, names, genotypes): a function ``grade(CodedAnalyte) -> CodedGrades``
  (`workbench.evaluation.coded_analytes`). It gets one analyte's answers as arrays rows x samples with the
  expected answers, the rungs of the peer-group ladder and the analyte's rules, and gives for each answer the
  target, a mark from 0 to 1, the signal, why it is not scored, what kind of error it is and whether it is
  critical. `workbench.evaluation.coded_part.coded_type(name, serves, grade)` makes the `ResultType`:
  states, counts by group, verdicts, veto, findings and reconciliation are shared.
- Anything else (quantities, indicator forms): a function ``evaluate(RoundInputs) -> Part``
  (`workbench.evaluation.parts`) that gives the evaluation frames itself.

Either sees a programme of its own analytes only; `workbench.evaluation.combined` joins the parts.

What a round brings for each catalogue type (`expected_answers`: `code`, `accepted`, `detail`; and the answer as
written in `results.raw`):

- ordinal, qualitative: a code of the analyte's list (`parameters/categories`). Without an expected answer the
  consensus is taken. `results.value` is the S/CO or Ct beside the answer. Detail: `strength` "weak".
- identification: a code of the analyte's vocabularies; alternatives in `accepted`. Only samples with an expected
  answer are asked for. Detail: `organisms`, a list of codes where a sample holds several. A method other than
  "characterised" or "certified" needs the agreement of the participants.
- genotype: a genotype as written, the types of a panel ("16,18", "NEG"), or POS or NEG for one type of a panel.
  Detail: `scopes`, reagent code -> types its kit covers; `interpretations`, interpretation -> correct, minor, major
  or critical (the answer then reads "*2/*17; interpretation: ..."), `clerical` true where writing is marked.
- ast: the organism's code; detail: `drugs`, drug -> {category, mic, zone}, and `standard`, `year`, `site`. Answer:
  "CLSI 2024; AMP:R >=32; CIP:S <=0.25; FOX:R 12mm".
- antigen_typing: the group, reaction or compatibility; detail: `role` "donor" or "recipient".
- indicator_form: no expected answer; the answer is "3/1250" or minutes, a sample is a period.
- iqc_comparison: no expected answer; who returned is counted.
- trueness: `reference_values`; the enrolled laboratories are the designated ones.

Of every type the detail may hold `educational` true: shown, not scored.
"""

from __future__ import annotations

from workbench.evaluation.parts import ResultType
from workbench.evaluation.result_types.genotyped_loci import GENOTYPE
from workbench.evaluation.result_types.identified_items import IDENTIFICATION
from workbench.evaluation.result_types.indicator_forms import INDICATOR_FORMS
from workbench.evaluation.result_types.isolates import SUSCEPTIBILITIES
from workbench.evaluation.result_types.monthly_control import MONTHLY_CONTROL
from workbench.evaluation.result_types.ordinal import ORDINAL
from workbench.evaluation.result_types.qualitative import QUALITATIVE
from workbench.evaluation.result_types.quantitative import QUANTITATIVE
from workbench.evaluation.result_types.trueness_round import TRUENESS
from workbench.evaluation.result_types.typed_groups import ANTIGEN_TYPING

RESULT_TYPES: tuple[ResultType, ...] = (
    QUANTITATIVE,
    TRUENESS,
    ORDINAL,
    QUALITATIVE,
    IDENTIFICATION,
    GENOTYPE,
    SUSCEPTIBILITIES,
    ANTIGEN_TYPING,
    INDICATOR_FORMS,
    MONTHLY_CONTROL,
)
"""Every result type that is evaluated."""


def result_type_of(name: str) -> ResultType | None:
    """The type that serves analytes of that catalogue type; None while there is none.

    Examples
    --------
    >>> result_type_of("quantitative_log10").name
    'quantitative'
    """
    return next((kind for kind in RESULT_TYPES if name in kind.serves), None)
