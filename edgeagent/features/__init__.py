"""Features: from a history to the tensors of contract 1. Pure: no I/O, no clock."""
