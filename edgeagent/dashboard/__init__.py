"""Door: the privacy dashboard, a web front end for a remote control.

One more client of ``EdgeAgent.*`` over the unix socket, in a process of its own that is started on
demand and gone when nobody has used it for five minutes. It never holds a key of the box: neither
the agent nor the store is imported here.
"""
