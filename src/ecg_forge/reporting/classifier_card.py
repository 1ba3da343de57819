"""The card that comes with a packed classifier: what it learned from, how good it is, what it is not for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecg_forge.ecg.attribution import CLASSIFIER_NOTICE, PTBXL_ATTRIBUTION
from ecg_forge.ecg.data_card import name_of_data
from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.tables import Cell, Table


@dataclass(frozen=True)
class ClassifierFacts:
    """What the card of a classifier says.

    Attributes:
        config: of the weights.
        parameters: number of trained parameters.
        data_card: of the records it learned from.
        test_auc: macro AUC on the test fold.
        calibration: as ``metrics.calibration.calibration`` gives it.
        provenance: code, machine, started.
    """

    config: Mapping[str, Any]
    parameters: int
    data_card: Mapping[str, Any]
    test_auc: float
    calibration: Mapping[str, Any]
    provenance: Mapping[str, str]


def classifier_card(facts: ClassifierFacts) -> str:
    """Return the card as Markdown."""
    config, data, calibration = facts.config, facts.data_card, facts.calibration
    counts, name = data["records_by_split"], name_of_data(data)
    errors = tuple(
        (Cell(name), *(Cell(f"{calibration[stage][key]:.4f}") for stage in ("before", "after")))
        for name, key in (("over all pairs of record and label", "ece"), ("mean over labels", "label_ece"))
    )
    lines = [
        f"# {config['model']}: a classifier of 12-lead ECGs",
        "",
        f"{facts.parameters:,} parameters. Given ten seconds of twelve leads at {config['fs']} Hz it says how probable "
        f"each of {len(config['labels'])} labels is (task `{config['training']['task']}`). {CLASSIFIER_NOTICE}",
        "",
        "## Training",
        "",
        f"{name[0].upper()}{name[1:]}: {counts['train']:,} records of folds 1 to 8 to learn from, {counts['val']:,} "
        f"of fold 9 to choose epoch and temperature, {counts['test']:,} of fold 10 to test. "
        f"{facts.provenance['machine']}, {facts.provenance['started'][:10]}, code {facts.provenance['code']}.",
        "",
        "## How good it is",
        "",
        f"Macro AUC on the test fold: {facts.test_auc:.3f}. Probabilities are those of the network at a temperature of "
        f"{calibration['temperature']:.2f}, which was chosen on validation. On the test fold:",
        "",
        *table_lines(Table(("calibration error", "before", "after"), errors)),
        "",
        "## What it is not for",
        "",
        "- Other devices, filters and patients than those it learned from: there its probabilities are not calibrated.",
        "- What was rare there: a temperature moves all labels alike and cannot mend a single one.",
        "",
        "## Licence",
        "",
        PTBXL_ATTRIBUTION if data["dataset"] == "PTB-XL" else "That of the records it learned from.",
    ]
    return "\n".join(lines) + "\n"
