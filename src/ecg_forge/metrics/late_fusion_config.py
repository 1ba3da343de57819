"""What can be set about late fusion; checked before anything runs."""

from dataclasses import dataclass

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import check_task


@dataclass(frozen=True)
class LateFusionConfig:
    """Whose probabilities are combined, and how the weights are fitted on validation.

    Attributes:
        members: kept runs of the benchmark, as ``<name>-seed<k>``.
        tasks: the label tasks; every member must have a run of each.
        folds: parts of the validation patients between which weights are cross-fitted.
        penalties: of the squared weights, from which cross-fitting chooses one for each label.
        fewest_patients: with a label and without it, below which its weights are not learned but equal.
        seed: of the parts.
    """

    members: list[str]
    tasks: list[str]
    folds: int = 5
    penalties: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0)
    fewest_patients: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        if len(set(self.members)) < max(len(self.members), 2):
            raise BadInput(f"late_fusion.members is {self.members}; name at least two different runs")
        for member in self.members:
            if not member.rpartition("-seed")[0]:
                raise BadInput(f"late_fusion.members: {member!r} is no run; give <name>-seed<k>")
        if not self.tasks:
            raise BadInput("late_fusion.tasks is empty; name at least one")
        for task in self.tasks:
            check_task(task)
        if self.folds < 3:
            raise BadInput(
                f"late_fusion.folds is {self.folds}; give at least 3: a penalty is chosen without one of them"
            )
        if not self.penalties or min(self.penalties) <= 0:
            raise BadInput(f"late_fusion.penalties is {self.penalties}; give numbers above 0")
        if self.fewest_patients < 1:
            raise BadInput(f"late_fusion.fewest_patients is {self.fewest_patients}; give a number above 0")
