"""The pages: everything on screen comes from what a use case declares."""
