"""What text exists, where exactly, and which passages match. Imports nothing of `rag` or `evals`."""

from index.telemetry import switch_off

switch_off()
