"""From bytes of a connection to calls and back: both servers, JSON-RPC, limits, subscriptions."""
