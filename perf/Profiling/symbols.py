"""Names of functions as a reader knows them."""
import re
import shutil
import subprocess

# How a language's names begin, and what reads them, one a line.
_DEMANGLERS = (
    (re.compile(r"^\$[sS]\w+$"), ["swift", "demangle", "--simplified", "--compact"]),
    (re.compile(r"^_Z\w+$"), ["c++filt", "-p"]),
)


def demangled(names):
    """{mangled: readable}; where the program that reads them is not installed, names stay as they are."""
    found = {}
    for pattern, command in _DEMANGLERS:
        mangled = sorted(name for name in names if pattern.match(name))
        if not mangled or not shutil.which(command[0]):
            continue
        outcome = subprocess.run(command, input="\n".join(mangled) + "\n", capture_output=True, text=True, timeout=120)
        lines = outcome.stdout.splitlines()
        if outcome.returncode == 0 and len(lines) == len(mangled):
            found.update(zip(mangled, lines))
    return found


def readable(samples):
    """The samples with readable names; kernel and unknown code named as such."""
    names = demangled({symbol for _, _, frames in samples for symbol, _ in frames})
    modules = {"[kernel.kallsyms]": "kernel", "[unknown]": "unknown"}

    def frame(symbol, module):
        module = "kernel" if module.startswith("[kernel") or module.endswith(".ko") else modules.get(module, module)
        return names.get(symbol, "(%s)" % module if symbol == "[unknown]" else symbol), module
    return [(thread, weight, [frame(*one) for one in frames]) for thread, weight, frames in samples]
