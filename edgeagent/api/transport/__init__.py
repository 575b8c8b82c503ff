"""Transport: both servers, JSON-RPC framing, limits, back-pressure and subscriptions."""
