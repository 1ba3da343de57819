"""How arms are evaluated, as the parameters say."""

from dataclasses import dataclass

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.thresholds import POLICIES


@dataclass(frozen=True)
class EvaluationConfig:
    """How decisions are made, and how certain the figures are.

    Attributes:
        resamples: bootstrap resamples of the test patients.
        seed: of the resamples.
        threshold_policy: how each label's threshold is chosen on validation; a name in `thresholds.POLICIES`.
    """

    resamples: int = 1000
    seed: int = 0
    threshold_policy: str = "max_f1"

    def __post_init__(self) -> None:
        if self.resamples < 1:
            raise BadInput(f"evaluation.resamples is {self.resamples}; give a number above 0")
        if self.threshold_policy not in POLICIES:
            raise BadInput(
                f"evaluation.threshold_policy is {self.threshold_policy!r}; give one of {', '.join(POLICIES)}"
            )
