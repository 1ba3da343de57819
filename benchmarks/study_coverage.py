"""How often a study finds a gain that is known, and how often its 95 % intervals hold the truth.

``python benchmarks/study_coverage.py``. In a simulated cohort one statement has 20 training records. The study plans
more of it, and what it gets for its plan is perfect (further records of the simulator with the statement), mislabelled
(records without it) or noise. The arms learn from the study's own training tables; a logistic regression on mean beats
is the classifier, and every training learns from rows of its table drawn with replacement, which stands for its seed.
A repetition is a study of its own: new trainings, and new test patients drawn with replacement from a population. The
truth is the mean difference of all trainings on studies that are not among the repetitions, and for AUC, whose
expectation does not depend on how many patients are drawn, that on the population itself.

Measured in 1,000 repetitions beside the baseline and beside copies (``--repetitions 1000``, six minutes of one core),
with three seeds and with five: the intervals of AUC, average precision and F1 held the truth in 93.5 to 96.8 %. The
gain in AUC of perfect records, 0.107 beside the baseline, was found (p below 0.05) in 95 % of the studies with five
seeds and 62 % of those with three; beside copies, 0.055, in 44 and 26 %. With noise or mislabelled records no study
found one. In 200 repetitions such a share is told within about 1.5 %.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from ecg_forge.ecg.labels import statement_rows
from ecg_forge.ecg.leads import INDEPENDENT_LEADS, LEADS, lead_positions
from ecg_forge.ecg.records import to_millivolts
from ecg_forge.ecg.simulated_cohort import Plan, plan_cohort
from ecg_forge.ecg.simulator import SimulationConfig, simulate_record
from ecg_forge.metrics.bootstrap import patient_weights
from ecg_forge.metrics.classification import auc
from ecg_forge.metrics.comparison import ALPHA
from ecg_forge.metrics.predictions import Predictions
from ecg_forge.metrics.report_table import METRICS, Scores
from ecg_forge.metrics.study_comparison import SeededArm, compare_study
from ecg_forge.metrics.thresholds import fit_thresholds
from ecg_forge.pipelines.baseline.nodes import tabulate_training_records
from ecg_forge.pipelines.study.config import StudyConfig
from ecg_forge.pipelines.study.tables import draw_study_plan, study_cells, training_table

STATEMENT, ADDED = "IRBBB", 200
COHORT_SEED = 0
SIZES = {"train": (20, 600), "val": (40, 360)}
"""Records with and without the statement, each of a patient of its own."""
BEFORE, AFTER, STEP = 30, 45, 5
"""Samples about the R peak, at 100 Hz, and how many are averaged to one feature."""
RECORDING = SimulationConfig(n_records=1)
ARMS = {"baseline": {}, "oversampled": {"added": "copies"}, "augmented": {"added": "checked"}}


@dataclass(frozen=True)
class Cohort:
    """A simulated PTB-XL in which one statement is rare.

    Attributes:
        records: as the catalog has them, indexed by ecg_id.
        labels: bool ``(record, 71)``.
        features: of the mean beat, ``(record, feature)``, indexed by ecg_id.
        spare: plans of further recordings, of other patients, by whether they show the statement.
    """

    records: pd.DataFrame
    labels: pd.DataFrame
    features: pd.DataFrame
    spare: Mapping[bool, list[Plan]]

    @classmethod
    def of(cls, population: tuple[int, int]) -> "Cohort":
        """Simulate one whose test split is a population with so many records with and without the statement."""
        sizes = {**SIZES, "test": population}
        wanted = [sum(size[side] for size in sizes.values()) + ADDED * 3 // 2 for side in (0, 1)]
        # About 1 record in 21 shows the statement, 1 in 7 is not its patient's first.
        plans = [plan for plan in plan_cohort(COHORT_SEED, 30 * wanted[0]) if plan.visit == 0]
        spare = {holds: [plan for plan in plans if (STATEMENT in plan.statements) == holds] for holds in (True, False)}
        rows = []
        for split, (holders, others) in sizes.items():
            for holds, count in ((True, holders), (False, others)):
                rows += [(split, spare[holds].pop(0)) for _ in range(count)]
        index = pd.RangeIndex(1, len(rows) + 1, name="ecg_id")
        people = [(split, plan.patient.number, plan.patient.age, "male") for split, plan in rows]
        return cls(
            pd.DataFrame(people, index=index, columns=["split", "patient_id", "age", "sex"]),
            statement_rows([plan.statements for _, plan in rows], index),
            pd.DataFrame([simulated(plan) for _, plan in rows], index=index),
            spare,
        )


def simulated(plan: Plan) -> np.ndarray:
    """Simulate a recording and return its features."""
    samples, peaks, _ = simulate_record(plan, RECORDING)
    return mean_beat(to_millivolts(samples[lead_positions(INDEPENDENT_LEADS, LEADS)]), peaks)


def mean_beat(millivolts: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """Average the beats of ``(lead, sample)``, and neighbouring samples: ``(feature,)`` in mV."""
    inside = peaks[(peaks >= BEFORE) & (peaks < millivolts.shape[1] - AFTER)]
    beats = np.stack([millivolts[:, peak - BEFORE : peak + AFTER] for peak in inside])
    return beats.mean(axis=0).reshape(len(millivolts), -1, STEP).mean(axis=-1).ravel()


def perfect(cohort: Cohort, count: int) -> list[np.ndarray]:
    """Further recordings that show the statement."""
    return [simulated(plan) for plan in cohort.spare[True][:count]]


def mislabelled(cohort: Cohort, count: int) -> list[np.ndarray]:
    """Further recordings that do not show it."""
    return [simulated(plan) for plan in cohort.spare[False][:count]]


def noise(cohort: Cohort, count: int) -> list[np.ndarray]:
    """White noise, cut into beats once a second; it is as large as the training records' mean beats."""
    generator = np.random.default_rng(1)
    train = cohort.features[cohort.records["split"] == "train"]
    peaks = np.arange(BEFORE, RECORDING.length, 100)
    made = [mean_beat(generator.normal(size=(8, RECORDING.length)), peaks) for _ in range(count)]
    return [float(train.to_numpy().std()) / float(np.std(made)) * each for each in made]


GENERATORS: Mapping[str, Callable[[Cohort, int], list[np.ndarray]]] = {
    each.__name__: each for each in (perfect, mislabelled, noise)
}


def study_tables(cohort: Cohort, generator: str) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Return the training table of each arm, and the features of all that stand in one."""
    training = {"model": "resnet1d_tiny", "task": "all", "epochs": 1, "steps_per_epoch": 1}  # of which none is done
    config = StudyConfig(training, [0], ARMS, ["per_label"], per_label={STATEMENT: ADDED})
    plan = draw_study_plan(cohort.records, cohort.labels, config)
    asked = plan.index[plan["kind"] == "real_sets"]
    made = pd.DataFrame(GENERATORS[generator](cohort, len(asked)), index=asked)
    baseline = tabulate_training_records(cohort.records, cohort.labels)
    (cell,) = study_cells(cohort.records, cohort.labels, config)
    pool = plan.assign(accepted=True)
    tables = {arm: training_table(cell, config.recipe(arm), baseline, cohort.records, pool, 0)[1] for arm in ARMS}
    return tables, pd.concat([cohort.features, made])


@dataclass(frozen=True)
class Trained:
    """What many trainings of one arm say.

    Attributes:
        truth: of the population, bool ``(record,)``.
        probability: of the population, float32 ``(training, record)``.
        thresholds: of each training, chosen on validation, ``(training,)``.
    """

    truth: np.ndarray
    probability: np.ndarray
    thresholds: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame, features: pd.DataFrame, cohort: Cohort, trainings: int, seed: int) -> "Trained":
        """Train a logistic regression so often, each on rows of the table drawn with replacement."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        generator = np.random.default_rng(seed)
        x, y = features.loc[table["ecg_id"]].to_numpy(), table[STATEMENT].to_numpy()
        ids = {split: cohort.records.index[cohort.records["split"] == split] for split in ("val", "test")}
        truth = {split: cohort.labels.loc[ids[split], STATEMENT].to_numpy() for split in ids}
        said, thresholds = [], []
        for _ in range(trainings):
            rows = generator.integers(len(table), size=len(table))
            model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500)).fit(x[rows], y[rows])
            scored = {split: model.predict_proba(features.loc[ids[split]].to_numpy())[:, [1]] for split in ids}
            validation = _predictions("val", truth["val"][:, None], scored["val"])
            thresholds.append(fit_thresholds(validation)["study 0"])
            said.append(scored["test"][:, 0].astype(np.float32))
        return cls(truth["test"], np.stack(said), np.array(thresholds))

    def arm(self, trainings: np.ndarray, patients: np.ndarray) -> SeededArm:
        """Return the arm of many studies, each a label of its own.

        Args:
            trainings: of each study, ``(seed, study)``.
            patients: of each study, ``(record, study)``.
        """
        said = tuple(_predictions("test", self.truth[patients], self.probability[each, patients]) for each in trainings)
        thresholds = tuple(dict(zip(said[0].labels, self.thresholds[each].tolist(), strict=True)) for each in trainings)
        return SeededArm(tuple(range(len(trainings))), said, thresholds)

    @property
    def auc(self) -> float:
        """Mean over the trainings, on the population."""
        return float(auc(np.repeat(self.truth[:, None], len(self.probability), axis=1), self.probability.T).mean())


def _predictions(split: str, truth: np.ndarray, probability: np.ndarray) -> Predictions:
    """Name the columns of ``(record, study)`` as labels; every record is of another patient."""
    patients, names = np.arange(len(truth)), tuple(f"study {number}" for number in range(truth.shape[1]))
    return Predictions(split, patients, patients, names, truth, probability.astype(np.float32))


@dataclass(frozen=True)
class Studies:
    """How the studies are made that are repeated.

    Attributes:
        seeds: trainings of each arm.
        patients: test patients, drawn with replacement from the population.
        repetitions: studies.
    """

    seeds: int = 5
    patients: int = 600
    repetitions: int = 200

    def drawn(self, reference: Trained, arm: Trained, seed: int) -> tuple[SeededArm, SeededArm]:
        """Draw trainings and patients of every study."""
        generator = np.random.default_rng(seed)
        patients = generator.integers(len(arm.truth), size=(self.patients, self.repetitions))
        sides = []
        for side in (reference, arm):
            every = np.tile(np.arange(len(side.probability)), (self.repetitions, 1))
            sides.append(side.arm(generator.permuted(every, axis=1)[:, : self.seeds].T, patients))
        return sides[0], sides[1]

    def compared(self, reference: Trained, arm: Trained, seed: int, resamples: int = 300) -> pd.DataFrame:
        """Return the comparison of every study, a row per study and metric; only what is not corrected is theirs."""
        sides = self.drawn(reference, arm, seed)
        table = compare_study(*sides, patient_weights(sides[0].predictions[0].patient_id, resamples, seed))
        return table[table["label"] != "macro"]


def true_differences(reference: Trained, arm: Trained, patients: int, studies: int) -> dict[str, float]:
    """Return the expected difference of each metric in a study of so many test patients, from so many studies."""
    sides = Studies(2, patients, studies).drawn(reference, arm, seed=10**6)
    once = np.ones((1, patients), dtype=np.int32)
    before, after = (Scores.of(side.predictions[0], side.thresholds[0], once).value for side in sides)
    expected = {metric: float(np.mean(after[metric] - before[metric])) for metric in METRICS}
    return {**expected, "auc": arm.auc - reference.auc}


def coverage(
    reference: Trained, arm: Trained, studies: Studies, truth: Mapping[str, float], seed: int = 0
) -> pd.DataFrame:
    """Say how often the intervals hold the truth, how wide they are, and how often the arm is better, p below 0.05.

    Returns:
        indexed by metric: truth, mean_difference, coverage, half_width, better, worse.
    """
    rows = {}
    for metric, found in studies.compared(reference, arm, seed).groupby("metric", sort=False):
        true = truth[str(metric)]
        rows[metric] = {
            "truth": true,
            "mean_difference": found["difference"].mean(),
            "coverage": ((found["low"] <= true) & (true <= found["high"])).mean(),
            "half_width": ((found["high"] - found["low"]) / 2).mean(),
            "better": ((found["p"] < ALPHA) & (found["difference"] > 0)).mean(),
            "worse": ((found["p"] < ALPHA) & (found["difference"] < 0)).mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--trainings", type=int, default=150, help="of each arm, from which a study draws its own")
    parser.add_argument("--patients", type=int, default=600, help="of the test records; one in ten has the statement")
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 5])
    arguments = parser.parse_args()
    cohort = Cohort.of((200, 1800))
    for generator in GENERATORS:
        tables, features = study_tables(cohort, generator)
        trained = {
            arm: Trained.of(table, features, cohort, arguments.trainings, seed)
            for seed, (arm, table) in enumerate(tables.items())
        }
        for reference, seeds in product(("baseline", "oversampled"), arguments.seeds):
            studies = Studies(seeds, arguments.patients, arguments.repetitions)
            print(f"\n{ADDED} {generator} records beside {reference}, {seeds} seeds, {studies.repetitions} repetitions")
            pair = trained[reference], trained["augmented"]
            truth = true_differences(*pair, studies.patients, studies=2000)
            print(coverage(*pair, studies, truth).round(4).to_string(), flush=True)


if __name__ == "__main__":
    main()
