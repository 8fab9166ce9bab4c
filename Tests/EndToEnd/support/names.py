"""Names of objects, and names of hosts that only a test knows."""
import glob
import os
import random

_PIECES = [*map(chr, range(0x20, 0x7F)), *"äöüßéñçøåжщяλωあ漢字한글🙂🚀", *"//////", "//", "/./", "/../", ".."]


def random_keys(count, seed):
    """So many keys of all printable ASCII and some of what lies beyond, rich in slashes and dots."""
    r = random.Random(seed)
    keys = set()
    while len(keys) < count:
        keys.add("".join(r.choice(_PIECES) for _ in range(r.randint(1, 60))))
    return sorted(keys)


def hosts_library():
    """The path of nss_wrapper, which answers a process's look-ups of names out of a file; None where it is not installed."""
    return next(iter(sorted(glob.glob("/usr/lib/*/libnss_wrapper.so") + glob.glob("/usr/lib*/libnss_wrapper.so"))), None)


def environment_with_hosts(scratch, addresses):
    """What to add to the environment of a process that is to find each of these names at its address."""
    path = os.path.join(scratch, "hosts")
    with open(path, "w") as f:
        f.writelines("%s %s\n" % (address, name) for name, address in addresses.items())
    return {"LD_PRELOAD": hosts_library(), "NSS_WRAPPER_HOSTS": path}
