"""Privacy: randomisers, accounting and release. Pure, without numpy, shared with the server."""
