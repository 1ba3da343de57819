import math
from dataclasses import fields

import pytest
import torch

from ecg_forge.ecg.beats import MOST_BEATS
from ecg_forge.ecg.errors import BadInput
from ecg_forge.models.condition import FEMALE, MALE, UNKNOWN_SEX, Condition, ConditionEmbedding


@pytest.fixture
def condition() -> Condition:
    return Condition(
        torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]),
        torch.tensor([50.0, 60.0, math.nan]),
        torch.tensor([MALE, FEMALE, UNKNOWN_SEX]),
        torch.tensor([[10.0, 90.0, math.nan], [5.0, 45.0, 85.0], [math.nan] * 3]),
    )


@pytest.fixture
def embedding() -> ConditionEmbedding:
    torch.manual_seed(0)
    return ConditionEmbedding(n_statements=2, width=16)


def masks(*rows: bool) -> torch.Tensor:
    return torch.tensor(rows)


def test_parts_of_different_numbers_of_records_are_refused():
    with pytest.raises(BadInput, match=r"got \(3, 2\), \(2,\), \(3,\), \(3, 4\)"):
        Condition(torch.zeros(3, 2), torch.zeros(2), torch.zeros(3, dtype=torch.long), torch.zeros(3, 4))


def test_null_gives_nothing():
    null = Condition.null(2, 3)
    assert null.statements.shape == (2, 3)
    assert null.statements.isnan().all()
    assert null.age.isnan().all()
    assert null.sex.tolist() == [UNKNOWN_SEX, UNKNOWN_SEX]
    assert null.sex.dtype == torch.long
    assert null.beats.shape == (2, MOST_BEATS)
    assert null.beats.isnan().all()


def test_rows_are_picked_from_all_parts(condition):
    picked = condition[torch.tensor([1, 0])]
    assert len(picked) == 2
    assert picked.statements.tolist() == [[0.0, 0.0], [1.0, 0.0]]
    assert picked.age.tolist() == [60.0, 50.0]
    assert picked.sex.tolist() == [FEMALE, MALE]
    assert picked.beats[0].tolist() == [5.0, 45.0, 85.0]


def test_a_condition_moves_to_a_device(condition):
    moved = condition.to("meta")
    assert {getattr(moved, part.name).device.type for part in fields(moved)} == {"meta"}


def test_only_masked_parts_are_dropped_and_the_original_stays(condition):
    statements, age, sex, beats = (masks(*(place == which for place in range(3))) for which in (0, 1, 0, 1))
    dropped = condition.dropped(statements, age, sex, beats)
    assert dropped.statements.isnan().all(dim=1).tolist() == [True, False, False]
    assert dropped.age.isnan().tolist() == [False, True, True]
    assert dropped.sex.tolist() == [UNKNOWN_SEX, FEMALE, UNKNOWN_SEX]
    assert dropped.beats.isnan().all(dim=1).tolist() == [False, True, True]
    assert not condition.statements.isnan().any()
    assert condition.sex.tolist() == [MALE, FEMALE, UNKNOWN_SEX]


def test_the_uniforms_decide_what_is_dropped(condition):
    uniforms = torch.tensor([[0.05, 0.5, 0.5, 0.5], [0.5, 0.05, 0.5, 0.05], [0.5, 0.5, 0.05, 0.5]])
    dropped = condition.dropped_at_random(0.1, uniforms)
    assert dropped.statements.isnan().all(dim=1).tolist() == [True, False, False]
    assert dropped.age.isnan().tolist() == [False, True, True]
    assert dropped.sex.tolist() == [MALE, FEMALE, UNKNOWN_SEX]
    assert dropped.beats.isnan().all(dim=1).tolist() == [False, True, True]


def test_probability_0_drops_nothing_and_1_everything(condition):
    uniforms = torch.rand(3, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(condition.dropped_at_random(0.0, uniforms).statements, condition.statements)
    everything = condition.dropped_at_random(1.0, uniforms)
    assert everything.statements.isnan().all()
    assert everything.age.isnan().all()
    assert (everything.sex == UNKNOWN_SEX).all()
    assert everything.beats.isnan().all()


def test_beats_are_put_in_place_of_those_that_were_there(condition):
    told = condition.with_beats(torch.full((3, 5), 7.0))
    assert torch.equal(told.beats, torch.full((3, 5), 7.0))
    assert torch.equal(told.statements, condition.statements)
    assert condition.beats.shape == (3, 3)


def test_without_statements_keeps_age_sex_and_beats(condition):
    rest = condition.without_statements()
    assert rest.statements.isnan().all()
    assert rest.age[:2].tolist() == [50.0, 60.0]
    assert torch.equal(rest.sex, condition.sex)
    assert torch.equal(rest.beats[:2].nan_to_num(), condition.beats[:2].nan_to_num())


def test_no_statement_is_not_the_same_as_statements_not_given(embedding, condition):
    empty, open_ = condition[1:2], condition[1:2].without_statements()
    assert not torch.allclose(embedding(empty), embedding(open_))


def test_statements_add_their_vectors(embedding):
    statements = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    both = Condition(statements, torch.full((4,), 60.0), torch.zeros(4).long(), torch.full((4, 3), math.nan))
    none, first, second, all_ = embedding(both)
    torch.testing.assert_close(all_ - none, (first - none) + (second - none))


def test_what_is_not_given_has_a_finite_embedding_and_gradient(embedding):
    embedded = embedding(Condition.null(2, 2))
    embedded.sum().backward()
    assert embedded.isfinite().all()
    assert embedding.statements_not_given.grad.tolist() == [2.0] * 16
    assert embedding.age_not_given.grad.tolist() == [2.0] * 16
    assert all(p.grad.isfinite().all() for p in embedding.parameters())
