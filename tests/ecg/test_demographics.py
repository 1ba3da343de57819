import numpy as np
import pandas as pd
import pytest

from ecg_forge.ecg.demographics import DEMOGRAPHICS, demographics, fit_age_scale
from ecg_forge.ecg.errors import BadInput

PEOPLE = pd.DataFrame({"age": [50.0, 90.0, np.nan, 70.0], "sex": ["male", "female", "female", None]})


def test_age_is_standardised_with_the_training_records_and_what_is_missing_is_flagged() -> None:
    table = pd.DataFrame(demographics(PEOPLE, {"mean_years": 60.0, "sd_years": 10.0}), columns=list(DEMOGRAPHICS))
    assert table["age"].tolist() == [-1.0, 3.0, 0.0, 1.0]
    assert table["age_90_plus"].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert table["age_missing"].tolist() == [0.0, 0.0, 1.0, 0.0]
    assert table["female"].tolist() == [0.0, 1.0, 1.0, 0.5]
    assert table["sex_missing"].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_the_scale_is_that_of_the_known_ages() -> None:
    assert fit_age_scale(PEOPLE["age"]) == pytest.approx({"mean_years": 70.0, "sd_years": np.std([50, 90, 70])})


@pytest.mark.parametrize("ages", [[np.nan, np.nan], [40.0, 40.0, np.nan]])
def test_ages_without_spread_are_refused(ages: list[float]) -> None:
    with pytest.raises(BadInput, match="fewer than two different ages"):
        fit_age_scale(pd.Series(ages))
