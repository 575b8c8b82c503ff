"""Private viewing: sessions that are stored nowhere but in memory, and what falls into them."""
