"""What may be said, and on what evidence. Imports `index`; never `evals` or `ui`, save in the CLI."""
