"""What a distribution installs beside the program, and the code that packs it."""
