"""Which synthetic record to put beside which real one: of the same statement, with the most alike label sets."""

import numpy as np
import pandas as pd


def matched_pairs(synthetic: pd.DataFrame, real: pd.DataFrame, pairs: int, seed: int) -> pd.DataFrame:
    """Pair synthetic with real records, a statement at a time, those of most synthetic records.

    A statement's synthetic record is drawn; its partner is drawn from the real records of the statement whose label set
    is most like that of the synthetic record (Jaccard index). No record is taken twice. Rare statements choose first,
    or common ones would have taken their records; with fewer statements than pairs, all choose again.

    Args:
        synthetic: bool ``(record, statement)``, indexed by ecg_id.
        real: the same of real records.
        pairs: at most so many.
        seed: of the draws.

    Returns:
        columns statement, synthetic and real (ecg_ids); the statements of most synthetic records first.
    """
    generator = np.random.default_rng(seed)
    counts = synthetic.sum()
    shared = [str(name) for name in synthetic.columns if name in real]
    drawable = [name for name in shared if counts[name] and real[name].any()]
    shown = sorted(drawable, key=lambda name: (-counts[name], name))[:pairs]
    asked, given = synthetic[shared].to_numpy(bool), real[shared].to_numpy(bool)
    asked_free, given_free = np.ones(len(asked), dtype=bool), np.ones(len(given), dtype=bool)
    rows: list[tuple[str, int, int]] = []
    while len(rows) < pairs:
        before = len(rows)
        for statement in reversed(shown):
            column = shared.index(statement)
            ours, theirs = np.flatnonzero(asked[:, column] & asked_free), np.flatnonzero(given[:, column] & given_free)
            if len(rows) == pairs or len(ours) == 0 or len(theirs) == 0:
                continue
            chosen = generator.choice(ours)
            likeness = _jaccard(asked[chosen], given[theirs])
            partner = generator.choice(theirs[likeness == likeness.max()])
            asked_free[chosen], given_free[partner] = False, False
            rows.append((statement, int(synthetic.index[chosen]), int(real.index[partner])))
        if len(rows) == before:
            break
    table = pd.DataFrame(rows, columns=["statement", "synthetic", "real"])
    order = table["statement"].map(counts).sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _jaccard(labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the share of labels in common of all labels of either, ``(record,)``; both hold at least one."""
    return np.asarray((labels & others).sum(axis=1) / (labels | others).sum(axis=1))
