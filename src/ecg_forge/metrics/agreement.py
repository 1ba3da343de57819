"""Does a classifier of real ECGs find in a record what it was asked to show?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecg_forge.ecg.errors import BadInput
from ecg_forge.metrics.classification import auc, average_precision


def agreement(labels: pd.DataFrame, probabilities: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
    """Score a classifier's probabilities against the labels that records were asked for, or annotated with.

    Args:
        labels: bool ``(record, label)``.
        probabilities: ``(record, label)``, row by row of the same records.
        wanted: labels to score; both tables hold them.

    Returns:
        index label; ``n``, records that hold it, ``auc`` and ``ap``. Both are NaN where none or all hold it. Average
        precision depends on how frequent a label is, AUC does not.

    Raises:
        BadInput: the tables are of different records or lack a label.
    """
    if not labels.index.equals(probabilities.index):
        raise BadInput("labels and probabilities must be of the same records in the same order")
    for name, table in (("labels", labels), ("probabilities", probabilities)):
        if missing := [label for label in wanted if label not in table.columns]:
            raise BadInput(f"the {name} have no column {', '.join(missing)}; give labels that both tables hold")
    truth, given = labels[list(wanted)].to_numpy(bool), probabilities[list(wanted)].to_numpy(np.float64)
    scores = {"n": truth.sum(axis=0), "auc": auc(truth, given), "ap": average_precision(truth, given)}
    table = pd.DataFrame(scores, index=pd.Index(wanted, name="label"))
    return table.assign(ap=table["ap"].where(table["auc"].notna()))


def common_labels(tables: Sequence[pd.DataFrame], fewest: int) -> list[str]:
    """Return the labels that ``fewest`` records or more, but not all, hold in every table ``(record, label)``."""
    first, *others = tables
    return [
        str(label)
        for label in first.columns
        if all(label in table and fewest <= int(table[label].sum()) < len(table) for table in [first, *others])
    ]
