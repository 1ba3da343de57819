import numpy as np
import pandas as pd

from ecg_forge.metrics.matched_pairs import matched_pairs


def table(rows, start, statements=("NORM", "AFIB", "LVH", "WPW")):
    held = [[name in row for name in statements] for row in rows]
    return pd.DataFrame(held, columns=list(statements), index=pd.RangeIndex(start, start + len(rows), name="ecg_id"))


def test_partners_share_the_statement_and_have_the_most_alike_label_set():
    synthetic = table([{"AFIB", "LVH"}], 100)
    real = table([{"AFIB"}, {"AFIB", "LVH"}, {"AFIB", "LVH", "WPW"}, {"NORM"}], 1)
    assert matched_pairs(synthetic, real, 1, seed=0).to_numpy().tolist() == [["AFIB", 100, 2]]


def test_no_record_is_shown_twice_and_the_most_frequent_statement_stands_first():
    rng = np.random.default_rng(0)
    sets = [
        set(rng.choice(["NORM", "AFIB", "LVH", "WPW"], 2, replace=False, p=[0.5, 0.3, 0.15, 0.05])) for _ in range(60)
    ]
    pairs = matched_pairs(table(sets[:30], 100), table(sets[30:], 1), 8, seed=0)
    assert len(pairs) == 8
    assert pairs["synthetic"].is_unique
    assert pairs["real"].is_unique
    assert pairs["statement"].iloc[0] == "NORM"
    assert pairs["statement"].nunique() >= 3


def test_rare_statements_give_way_to_frequent_ones():
    synthetic = table([{"NORM"}, {"NORM"}, {"NORM"}, {"WPW"}], 100)
    real = table([{"NORM"}, {"WPW"}], 1)
    assert matched_pairs(synthetic, real, 1, seed=0)["statement"].tolist() == ["NORM"]


def test_there_are_no_more_pairs_than_records():
    synthetic, real = table([{"NORM"}] * 5, 100), table([{"NORM"}, {"NORM"}, {"AFIB"}], 1)
    assert len(matched_pairs(synthetic, real, 24, seed=0)) == 2
    assert matched_pairs(synthetic, table([{"AFIB"}], 1), 24, seed=0).empty
