"""Kedro settings: where configuration is read from, and the values only the running program knows."""

import warnings

from omegaconf.resolvers import oc

from ecg_forge.hooks import TrackingHooks
from ecg_forge.provenance import code_version, machine, started_at

HOOKS = (TrackingHooks(),)

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # A catalog entry is replaced as a whole, or one overridden with another type would keep stale keys.
    "merge_strategy": {"parameters": "soft", "globals": "soft"},
    "custom_resolvers": {
        "oc.env": oc.env,
        "code_version": code_version,
        "machine": machine,
        "started_at": started_at,
    },
}

# Names such as `baseline.metrics` are read outside their namespace on purpose: arms are there to be compared.
warnings.filterwarnings("ignore", message="One or more dataset names contain '.' characters", category=UserWarning)
