"""May hold production rows. Refuses to be imported in a process that was started for the synthetic side."""

import os

if os.environ.get("GATEWAY_SIDE") == "synthetic":
    raise ImportError(
        "gateway.raw was asked for in a process started with GATEWAY_SIDE=synthetic. "
        "Production rows are handled by `gateway run` and `gateway scan` alone, in a process of their own."
    )
