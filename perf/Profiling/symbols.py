"""Names of functions as a reader knows them."""
import re
import shutil
import subprocess

_MANGLED = re.compile(r"^\$[sS]\w+$")


def demangled(names):
    """{mangled: readable} of those that are Swift's; without a `swift` in PATH they stay as they are."""
    mangled = sorted(name for name in names if _MANGLED.match(name))
    if not mangled or not shutil.which("swift"):
        return {}
    outcome = subprocess.run(
        ["swift", "demangle", "--simplified", "--compact"], input="\n".join(mangled), capture_output=True, text=True, timeout=120)
    lines = outcome.stdout.splitlines()
    return dict(zip(mangled, lines)) if outcome.returncode == 0 and len(lines) == len(mangled) else {}


def readable(samples):
    """The samples with readable names; kernel and unknown code named as such."""
    names = demangled({symbol for _, _, frames in samples for symbol, _ in frames})
    modules = {"[kernel.kallsyms]": "kernel", "[unknown]": "unknown"}

    def frame(symbol, module):
        module = "kernel" if module.startswith("[kernel") or module.endswith(".ko") else modules.get(module, module)
        return names.get(symbol, "(%s)" % module if symbol == "[unknown]" else symbol), module
    return [(thread, weight, [frame(*one) for one in frames]) for thread, weight, frames in samples]
