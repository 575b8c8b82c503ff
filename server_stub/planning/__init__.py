"""Planning from counts: how many boxes, how large a target, what a segment is, which line-up."""
