"""The numbers that were chosen by measuring: where each stands in the sources, and what else it could be."""
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def numbers():
    with open(os.path.join(HERE, "numbers.json")) as file:
        return json.load(file)


def wrong(number, root=ROOT):
    """What is wrong with an entry, or None: its text stands exactly once in its file."""
    with open(os.path.join(root, number["file"])) as file:
        count = file.read().count(number["text"])
    return None if count == 1 else "%s: `%s` stands %d times in %s" % (
        number["name"], number["text"].strip(), count, number["file"])
