"""Pure: what the model says about segments."""
