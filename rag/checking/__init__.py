"""Text that anybody wrote, held against sources: a verdict a sentence, and whether quoted words stand there."""
