"""Which sentences carry the answer, who writes it, and whether there is one."""
