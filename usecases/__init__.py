"""Industries: one folder each."""
