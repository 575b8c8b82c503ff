"""The ranking models: fetched, checked, activated, and replaced when they fail."""
