"""Takes reports, keeps them until their window closes, and runs as an operator would run it."""
