"""Where the time goes, in two tables: by module, and by function."""
import collections


def _table(head, rows):
    return [head, "| " + " | ".join(["---"] * (head.count("|") - 1)) + " |", *rows, ""]


def text(samples, title, most=40):
    """Own time is spent in a function itself; all time also in what it calls."""
    own, all_of, modules = collections.Counter(), collections.Counter(), collections.Counter()
    total = 0
    for _, weight, frames in samples:
        total += weight
        leaf = frames[-1] if frames else ("(no stack)", "unknown")
        own[leaf] += weight
        modules[leaf[1]] += weight
        for frame in set(frames):
            all_of[frame] += weight
    lines = ["# " + title, ""]
    lines += _table("| module | own % |", [
        "| %s | %.1f |" % (name, 100 * weight / total) for name, weight in modules.most_common()])
    lines += _table("| own % | all % | function | module |", [
        "| %.1f | %.1f | `%s` | %s |" % (
            100 * weight / total, 100 * (all_of[frame] or weight) / total, frame[0].replace("|", "\\|"), frame[1])
        for frame, weight in own.most_common(most)])
    return "\n".join(lines)


def folded(samples):
    """One line a stack, outermost first, as other tools read it."""
    stacks = collections.Counter()
    for thread, weight, frames in samples:
        stacks[";".join([thread, *(symbol.replace(";", ",") for symbol, _ in frames)])] += weight
    return "".join("%s %d\n" % pair for pair in sorted(stacks.items()))
