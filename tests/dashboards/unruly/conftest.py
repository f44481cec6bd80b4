"""No tests are here, but industries that some tests install."""

collect_ignore_glob = ["*.py"]
