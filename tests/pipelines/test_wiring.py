"""The configuration fits the code: nothing undeclared, nothing unused, layers that kedro-viz can order."""

from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader
from kedro.framework.project import pipelines, settings
from kedro.framework.session import KedroSession

from ecg_forge.pipelines.arms import ARMS, TRANSFER_ARMS

LAYERS = {
    "raw",
    "intermediate",
    "primary",
    "generators",
    "synthetic",
    "benchmark",
    "paper",
    "study",
    *ARMS,
    *TRANSFER_ARMS,
    "reporting",
}
ENVIRONMENTS = ["base", "cpu", "cpu_sssd", "demo", "own", "small"]
PIPELINES = ["data_engineering", "baseline", "synthesis", "augmentation", "evaluation"]


@pytest.fixture
def catalog_entries(project: Path) -> dict:
    loader = OmegaConfigLoader(str(project / "conf"), env="demo", **settings.CONFIG_LOADER_ARGS)
    return {name: entry for name, entry in loader["catalog"].items() if not name.startswith("_")}


def datasets_of_all_pipelines() -> set[str]:
    return {name for each in pipelines.values() for name in each.datasets() if not name.startswith("param")}


def declared(name: str, entries: dict) -> str:
    if name in entries:
        return name
    arm, _, artifact = name.partition(".")
    pattern = "{arm}." + artifact
    return pattern if arm in (*ARMS, *TRANSFER_ARMS, "study") and pattern in entries else ""


def test_default_is_the_five_pipelines_in_order(project: Path) -> None:
    kept = ["publish", "results", "benchmark_results", "fidelity_results", "study_results"]
    others = [
        *("generate", "fine_tune", "fidelity", "denoisers", "pack", "pack_classifier", "unpack", "study", "benchmark"),
        *("explanation", "exploration", "feature_models", "late_fusion", "paper_ecg", "search"),
    ]
    assert sorted(pipelines) == sorted([*PIPELINES, *others, *kept, "__default__"])
    whole = {node.name for node in pipelines["__default__"].nodes}
    assert whole == {node.name for name in PIPELINES for node in pipelines[name].nodes}


def test_every_dataset_is_declared_and_every_entry_is_used(project: Path, catalog_entries: dict) -> None:
    used = {name: declared(name, catalog_entries) for name in datasets_of_all_pipelines()}
    assert [name for name, entry in used.items() if not entry] == []
    assert set(catalog_entries) - set(used.values()) == set()


def test_the_leaderboard_can_be_scored_again_without_training_or_recordings(project: Path) -> None:
    scoring = pipelines["benchmark_results"]
    files = {name for name in scoring.inputs() if not name.startswith("params:")}
    assert files == {"ptbxl_metadata", "benchmark_descriptions", "benchmark_probabilities"}
    assert {node.name for node in scoring.nodes} < {node.name for node in pipelines["benchmark"].nodes}


def test_the_study_can_be_printed_again_without_training_or_recordings(project: Path) -> None:
    scoring = pipelines["study_results"]
    files = {name for name in scoring.inputs() if not name.startswith("params:")}
    pool = {"study_checks", "study_diversity", "study_privacy", "study_examples"}
    assert files == {"ptbxl_metadata", "study_descriptions", "study_probabilities", *pool}
    assert {node.name for node in scoring.nodes} < {node.name for node in pipelines["study"].nodes}


def test_a_node_is_named_after_its_function(project: Path) -> None:
    for node in (node for each in pipelines.values() for node in each.nodes):
        assert node.name.split(".")[-1] == node.func.__name__
        assert node.func.__doc__


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_parameter_is_read_by_a_node(project: Path, env: str) -> None:
    loader = OmegaConfigLoader(str(project / "conf"), env=env, **settings.CONFIG_LOADER_ARGS)
    parameters = loader["parameters"]
    inputs = {name for each in pipelines.values() for name in each.inputs()}
    read = {name.removeprefix("params:") for name in inputs if name.startswith("params:")}
    read.add("provenance")  # printed as it is by write_report
    paths = {top for top in parameters if top in read}
    paths |= {f"{top}.{key}" for top, tree in parameters.items() if top not in read for key in tree}
    assert paths - read == set()
    assert read - paths == set()


def test_every_declared_dataset_has_a_layer_and_none_hides_its_preview(catalog_entries: dict) -> None:
    shown = {name: entry.get("metadata", {}).get("kedro-viz", {}) for name, entry in catalog_entries.items()}
    assert [name for name, viz in shown.items() if not viz.get("layer")] == []
    assert [name for name, viz in shown.items() if viz.get("preview") is False] == []


def test_layers_are_known_and_follow_the_flow_without_a_cycle(project: Path, catalog_entries: dict) -> None:
    layer = {
        name: catalog_entries[declared(name, catalog_entries)]["metadata"]["kedro-viz"]["layer"].format(
            arm=name.partition(".")[0]
        )
        for name in datasets_of_all_pipelines()
    }
    assert set(layer.values()) <= LAYERS
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for node in (node for each in pipelines.values() for node in each.nodes):
        for source in (name for name in node.inputs if name in layer):
            for target in (name for name in node.outputs if layer[name] != layer[source]):
                sorter.add(layer[target], layer[source])
    sorter.prepare()  # raises CycleError


@pytest.mark.parametrize("root", ["data", "published", "fidelity", "box", "segmenter", "paper", "study", "explanation"])
def test_an_environment_cannot_overwrite_anothers_results(project: Path, root: str) -> None:
    roots = [
        OmegaConfigLoader(str(project / "conf"), env=env, **settings.CONFIG_LOADER_ARGS)["globals"][root]
        for env in ENVIRONMENTS
    ]
    assert len(set(roots)) == len(roots)


@pytest.mark.parametrize("folder", ["benchmark", "exploration"])
def test_what_is_said_of_all_of_ptbxl_lies_together_and_the_rest_apart(project: Path, folder: str) -> None:
    kept = {
        env: OmegaConfigLoader(str(project / "conf"), env=env, **settings.CONFIG_LOADER_ARGS)["globals"][folder]
        for env in ENVIRONMENTS
    }
    assert kept["base"] == kept["cpu"]
    assert len({kept[env] for env in ("base", "demo", "small")}) == 3


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_parameters_arrive_as_checked_dataclasses(project: Path, env: str) -> None:
    with KedroSession.create(project, env=env) as session:
        parameters = session.load_context().params
    assert type(parameters["classifier"]).__name__ == "ClassifierConfig"
    assert type(parameters["denoiser"]).__name__ == "DenoiserConfig"
    assert type(parameters["published_benchmark"]).__name__ == "PublishedBenchmark"


def test_a_wrong_parameter_stops_the_run_before_it_starts(project: Path) -> None:
    with (
        pytest.raises(Exception, match="unknown classifier 'resnet9000'"),
        KedroSession.create(project, env="demo", runtime_params={"classifier": {"model": "resnet9000"}}) as session,
    ):
        _ = session.load_context().params
