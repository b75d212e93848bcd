"""How good it is: cases, metrics, runs, reports and comparisons."""

import index  # noqa: F401 - switches telemetry off before anything is loaded
