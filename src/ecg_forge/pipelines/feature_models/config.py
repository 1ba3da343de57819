"""What can be set about the classifiers on features."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ecg_forge.ecg.errors import BadInput
from ecg_forge.ecg.labels import check_task


@dataclass(frozen=True)
class ForestConfig:
    """A random forest (Breiman 2001): one for all labels, so a leaf holds the share of each.

    Attributes:
        trees: how many.
        features: share of the features looked at for a split.
        leaf_records: fewest records in a leaf; each is tried, and fold 9 chooses.
    """

    trees: int = 200
    features: float = 0.05
    leaf_records: list[int] = field(default_factory=lambda: [2, 5])

    def __post_init__(self) -> None:
        _whole(self, "random_forest", "trees")
        _share(self, "random_forest")
        if not self.leaf_records or min(self.leaf_records) < 1:
            raise BadInput(
                f"feature_models.random_forest.leaf_records is {self.leaf_records}; give whole numbers from 1 on"
            )


@dataclass(frozen=True)
class BoostingConfig:
    """Gradient boosting on binned features (Ke et al. 2017), one model per label.

    Attributes:
        iterations: most trees of a label; fold 9 chooses how many of them count, the same for all labels.
        learning_rates: each is tried, and fold 9 chooses.
        leaves: most leaves of a tree.
        leaf_records: fewest records in a leaf.
        features: share of the features looked at for a split.
        l2: shrinkage of the leaves' values.
        bins: values that a feature is told apart into, 2 to 255.
    """

    iterations: int = 400
    learning_rates: list[float] = field(default_factory=lambda: [0.1, 0.05])
    leaves: int = 15
    leaf_records: int = 30
    features: float = 0.2
    l2: float = 5.0
    bins: int = 64

    def __post_init__(self) -> None:
        _whole(self, "gradient_boosting", "iterations", "leaf_records")
        _share(self, "gradient_boosting")
        if not self.learning_rates or min(self.learning_rates) <= 0:
            raise BadInput(
                f"feature_models.gradient_boosting.learning_rates is {self.learning_rates}; give numbers above 0"
            )
        if self.leaves < 2:
            raise BadInput(f"feature_models.gradient_boosting.leaves is {self.leaves}; give a whole number from 2 on")
        if self.l2 < 0:
            raise BadInput(f"feature_models.gradient_boosting.l2 is {self.l2}; give 0 or a number above it")
        if not 2 <= self.bins <= 255:
            raise BadInput(f"feature_models.gradient_boosting.bins is {self.bins}; give a whole number from 2 to 255")


@dataclass(frozen=True)
class FeatureModelsConfig:
    """A random forest and gradient boosting on the features of one task.

    Attributes:
        task: the label task.
        seed: of both models and of the shuffling behind the importance of features.
        random_forest, gradient_boosting: their settings.
        importance_records: validation records in which features are shuffled to see what they are worth.
        workers: threads of a training.
    """

    task: str = "superclass"
    seed: int = 0
    random_forest: ForestConfig = field(default_factory=ForestConfig)
    gradient_boosting: BoostingConfig = field(default_factory=BoostingConfig)
    importance_records: int = 500
    workers: int = 1

    def __post_init__(self) -> None:
        check_task(self.task)
        for name, kind in {"random_forest": ForestConfig, "gradient_boosting": BoostingConfig}.items():
            section = getattr(self, name)
            if isinstance(section, Mapping):
                try:
                    object.__setattr__(self, name, kind(**section))  # the way round `frozen` inside __post_init__
                except TypeError as error:
                    raise BadInput(f"feature_models.{name}: {error}") from error
        for name in ("importance_records", "workers"):
            if getattr(self, name) < 1:
                raise BadInput(f"feature_models.{name} is {getattr(self, name)}; give a whole number from 1 on")

    def of_run(self, model: str) -> dict[str, Any]:
        """Return what a run of one model says of its configuration."""
        return {
            **{"model": model, "task": self.task, "seed": self.seed, "workers": self.workers},
            **asdict(getattr(self, model)),
        }


def _whole(config: object, section: str, *names: str) -> None:
    for name in names:
        if getattr(config, name) < 1:
            raise BadInput(f"feature_models.{section}.{name} is {getattr(config, name)}; give a whole number from 1 on")


def _share(config: ForestConfig | BoostingConfig, section: str) -> None:
    if not 0 < config.features <= 1:
        raise BadInput(f"feature_models.{section}.features is {config.features}; give a share above 0, up to 1")
