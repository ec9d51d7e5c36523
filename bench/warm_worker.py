"""A warm worker that does nothing."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../sdk/python"))

import reeve  # noqa: E402


@reeve.handler()
def nothing(task):
    return None


reeve.run()
