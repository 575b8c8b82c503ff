"""Pictures as inline SVG, for wide and narrow screens, each with a caption and its numbers."""
