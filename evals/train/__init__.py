"""How the reader is trained: data in, a model file out. `python -m evals.train --help` lists the steps."""
