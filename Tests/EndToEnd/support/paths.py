"""Where the repository keeps what the tests use."""
import os

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
END_TO_END = os.path.join(ROOT, "Tests", "EndToEnd")
DATA = os.environ.get("SQE_TEST_DATA") or os.path.join(ROOT, ".data")
SHARED = os.path.join(os.path.dirname(ROOT), "shared")


def product(name, variable):
    """A built program: from the environment, else the release build, else None."""
    path = os.environ.get(variable) or os.path.join(ROOT, ".build", "release", name)
    return path if os.path.exists(path) else None
