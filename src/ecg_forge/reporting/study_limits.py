"""What the study cannot say, as sentences; those that depend on the run are written from it."""

from ecg_forge.reporting.study_content import StudyContent
from ecg_forge.reporting.study_words import headline

NOT_FOR_PATIENTS = "For research; not for the diagnosis of patients."

_ALWAYS = (
    "One data set, recorded from 1989 to 1996 with recorders of one maker: what holds here need not hold for other "
    "hospitals, recorders or readers.",
    "One kind of classifier, one denoiser trained once. The intervals cover other test patients and other trainings "
    "of the classifier; they do not cover training the denoiser again, other settings or another split of the folds.",
    "Intervals and equivalence are not corrected for the number of comparisons. Verdicts are, by Holm within one "
    "metric of one pair of arms in one setting, but not over settings, arms and metrics together.",
    "The classifier that checks synthetic ECGs has the same training records as the arms: it passes what looks to it "
    "like what it knows already.",
    "DeLong's and McNemar's tests take every record for a patient of its own and one training each; they are a "
    "cross-check, not the answer.",
)


def limits(content: StudyContent) -> tuple[str, ...]:
    """Return the limits of a study."""
    said = list(_ALWAYS)
    if missing := content.summary.get("missing"):
        said.insert(0, f"{len(missing)} of {len(missing) + len(content.summary['runs'])} runs are not finished yet.")
    added = [setting for setting in content.settings if setting.wanted]
    without = [s.title for s in added if not len(content.rows(s, content.arm, content.control))]
    if without:
        said.insert(0, f"Without the control {content.control}, so not part of the answer: {', '.join(without)}.")
    if seeds := sorted({len(arm["seeds"]) for setting in content.settings for arm in setting.arms.values()}):
        counted = str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
        said.append(f"{counted} seeds an arm: few, so training noise is itself estimated roughly, and intervals wide.")
    if any(setting.share < 1 for setting in content.settings):
        said.append(
            "Where there are fewer patients the denoiser still learned from all, and lends what it knows of them."
        )
    if content.privacy.get("blocked"):
        said.append("The synthetic records exceed a limit of privacy, see there; they must not be given away.")
    if not content.privacy:
        said.append("Memorisation of training records was not measured in this run.")
    return tuple(said)


def short_answer(content: StudyContent) -> str:
    """Return the headline with what it is measured by."""
    return (
        f"{headline(content)} Measured by average precision of the target, or by macro average precision over rare "
        f"labels (fewer than {content.rare_below} training records) where several statements are lifted."
    )
