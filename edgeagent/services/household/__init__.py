"""The household: profiles, privacy flags, marks, retention, and consents applied to the stores."""
