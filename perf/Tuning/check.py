#!/usr/bin/env python3
"""Whether the sources still have the numbers that numbers.json says were chosen."""
import sys

import chosen

if __name__ == "__main__":
    faults = [fault for fault in map(chosen.wrong, chosen.numbers()) if fault]
    print("\n".join(faults) or "%d numbers are as they were chosen" % len(chosen.numbers()))
    sys.exit(1 if faults else 0)
