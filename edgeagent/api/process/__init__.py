"""The resident process: its own work, the times of that work, systemd and child processes."""
