"""The service: JSON-RPC over a loopback WebSocket and, a line each, over a unix socket.

Asynchronous code lives here and nowhere below: calls go down to the synchronous agent in threads.
"""
