"""A trained classifier with its temperature and card, ready to be handed on."""

from typing import Any

import pandas as pd

from ecg_forge.ecg.data_card import name_of_data
from ecg_forge.ecg.labels import task_labels
from ecg_forge.metrics.calibration import calibration
from ecg_forge.metrics.classification import auc, macro
from ecg_forge.metrics.predictions import Predictions


def pack_classifier(
    weights: dict[str, Any],
    probabilities: pd.DataFrame,
    labels: pd.DataFrame,
    records: pd.DataFrame,
    data_card: dict[str, Any],
    provenance: dict[str, str],
) -> dict[str, Any]:
    """Put together the weights, the temperature that validation chose, and a card of what the test fold says.

    Returns:
        config (that of the weights, with ``temperature`` and ``learned_from``), tensors and card.
    """
    from ecg_forge.reporting.classifier_card import ClassifierFacts, classifier_card

    config = weights["config"]
    truth = task_labels(labels, config["training"]["task"])
    validation, test = (Predictions.of(split, probabilities, truth, records) for split in ("val", "test"))
    measured = calibration(validation, test)
    facts = ClassifierFacts(
        config=config,
        parameters=sum(tensor.numel() for tensor in weights["tensors"].values()),
        data_card=data_card,
        test_auc=macro(auc(test.truth, test.probability)),
        calibration=measured,
        provenance=provenance,
    )
    return {
        "config": {**config, "temperature": measured["temperature"], "learned_from": name_of_data(data_card)},
        "tensors": weights["tensors"],
        "card": classifier_card(facts),
    }
