"""Pure: from a history to the tensors of contract 1."""
