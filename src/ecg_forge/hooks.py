"""What happens beside the nodes of a run: tracking, where it is asked for."""

from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from ecg_forge.provenance import code_version, machine

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline

    from ecg_forge.tracking import RunLog


class TrackingHooks:
    """Log a run to MLflow if the globals name a place for it under ``tracking``; else do nothing."""

    def __init__(self) -> None:
        """Wait for a context that says where to log."""
        self._uri: str | None = None
        self._log: RunLog | None = None

    @hook_impl
    def after_context_created(self, context: "KedroContext") -> None:
        """Read where to log."""
        self._uri = context.config_loader["globals"].get("tracking")

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: "Pipeline", catalog: "DataCatalog") -> None:
        """Start the run."""
        if not self._uri:
            return
        from ecg_forge.tracking import RunLog

        name = ", ".join(run_params["pipeline_names"] or ["__default__"])
        tags = {"environment": str(run_params["env"]), "code_version": code_version(), "machine": machine()}
        self._entries = catalog.config_resolver
        self._log = RunLog(self._uri, name, tags, parameters_of_arms(pipeline, catalog))

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Log what a node has made."""
        if self._log:
            self._log.saved(dataset_name, data, self._entries.resolve_pattern(dataset_name))

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Close the run."""
        self._end("FINISHED")

    @hook_impl
    def on_pipeline_error(self) -> None:
        """Close the run as failed."""
        self._end("FAILED")

    def _end(self, status: str) -> None:
        if self._log:
            self._log.end(status)
            self._log = None


def parameters_of_arms(pipeline: "Pipeline", catalog: "DataCatalog") -> dict[str, dict[str, Any]]:
    """Return the parameters that the nodes read which make something of an arm; those of all nodes under ""."""
    found: dict[str, dict[str, Any]] = {"": {}}
    for node in pipeline.nodes:
        arms = {"", *(output.rpartition(".")[0] for output in node.outputs)}
        for name in (name for name in node.inputs if name.startswith("params:")):
            value = catalog.load(name)
            for arm in arms:
                found.setdefault(arm, {})[name.removeprefix("params:")] = value
    return found
