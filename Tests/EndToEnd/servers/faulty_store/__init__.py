"""An S3 out of this repository, for tests of how the worker bears with a bad one. `__main__.py` says how it is run."""
