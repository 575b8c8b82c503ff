"""The service: JSON-RPC over a WebSocket on loopback and a unix socket, one message per line.

Only this package is asynchronous: calls run in threads, where the agent below is synchronous.
"""
