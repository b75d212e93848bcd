"""What may be said, and on what evidence. Imports `index`; never `evals` or `ui`, save in the CLI."""

import index  # noqa: F401 - switches telemetry off before anything is loaded
