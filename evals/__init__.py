"""How good it is: cases, metrics, runs, reports and comparisons."""
