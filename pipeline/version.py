"""The version of the package, which every sidecar records."""

__version__ = "0.1.0"
