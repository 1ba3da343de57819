import pytest
from made_up_predictions import made_up
from sklearn.metrics import confusion_matrix

from ecg_forge.ecg.errors import LeakError
from ecg_forge.metrics.operating_points import operating_points
from ecg_forge.metrics.thresholds import POLICIES, decide, fit_thresholds


@pytest.fixture(scope="module")
def validation():
    return made_up("val", seed=1)


@pytest.fixture(scope="module")
def test_split():
    return made_up("test", seed=2)


def test_there_is_a_row_per_policy_and_label(validation, test_split):
    table = operating_points(validation, test_split)
    names = [(policy, label) for policy in POLICIES for label in test_split.labels]
    assert list(table[["policy", "label"]].itertuples(index=False, name=None)) == names


def test_thresholds_come_from_validation_and_counts_from_test(validation, test_split):
    table = operating_points(validation, test_split).set_index(["policy", "label"])
    for policy in POLICIES:
        thresholds = fit_thresholds(validation, policy)
        decided = decide(test_split, thresholds)
        for k, label in enumerate(test_split.labels):
            row = table.loc[(policy, label)]
            counts = confusion_matrix(test_split.truth[:, k], decided[:, k], labels=[False, True])
            assert row["threshold"] == thresholds[label]
            assert row[["tn", "fp", "fn", "tp"]].tolist() == counts.ravel().tolist()


def test_rates_follow_from_the_counts(validation, test_split):
    table = operating_points(validation, test_split)
    held = table[(table["tp"] + table["fn"] > 0) & (table["tp"] + table["fp"] > 0)]
    assert len(held) > len(table) / 2
    assert held["recall"].tolist() == pytest.approx((held["tp"] / (held["tp"] + held["fn"])).tolist())
    assert held["precision"].tolist() == pytest.approx((held["tp"] / (held["tp"] + held["fp"])).tolist())
    assert held["specificity"].tolist() == pytest.approx((held["tn"] / (held["tn"] + held["fp"])).tolist())
    assert held["f1"].tolist() == pytest.approx((2 * held["tp"] / (2 * held["tp"] + held["fp"] + held["fn"])).tolist())


def test_on_validation_itself_the_two_rate_policies_keep_their_promise(validation):
    table = operating_points(validation, validation)
    held = table[table["tp"] + table["fn"] > 0]
    assert (held.loc[held["policy"] == "tpr_at_least_90", "recall"] >= 0.9).all()
    assert (held.loc[held["policy"] == "fpr_at_most_5", "specificity"] >= 0.95).all()


def test_thresholds_from_the_test_split_are_refused(test_split):
    with pytest.raises(LeakError, match="val split only, not on test"):
        operating_points(test_split, test_split)
