"""Whose box it is: profiles, flags, marks, retention, and consents carried out on the stores."""
