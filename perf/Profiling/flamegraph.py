"""A flame graph as one SVG file: each box is a function, as wide as its share of the samples, above whoever called it.

A click on a box shows only what is above it; a click on the lowest box shows all again. The colour tells the module.
"""
import html
import zlib

WIDTH, ROW, MARGIN = 1200, 17, 10
_LEAST = 0.0003  # of the width; smaller boxes are left out
_SCRIPT = """
var all = document.querySelectorAll('g[data-x]');
function show(g) {
  var x = +g.dataset.x, w = +g.dataset.w, d = +g.dataset.d;
  all.forEach(function (o) {
    var ox = +o.dataset.x, ow = +o.dataset.w, above = ox >= x - 1e-9 && ox + ow <= x + w + 1e-9 && +o.dataset.d >= d;
    var below = ox <= x + 1e-9 && ox + ow >= x + w - 1e-9;
    o.style.display = above || below ? '' : 'none';
    var left = above ? (ox - x) / w : 0, wide = above ? ow / w : 1, px = wide * %(wide)d;
    var r = o.querySelector('rect'), t = o.querySelector('text');
    r.setAttribute('x', %(margin)d + left * %(wide)d); r.setAttribute('width', Math.max(px - 0.4, 0.3));
    t.setAttribute('x', %(margin)d + left * %(wide)d + 3);
    var n = o.dataset.n, fit = Math.floor((px - 6) / 6.6);
    t.textContent = fit < 3 ? '' : n.length <= fit ? n : n.slice(0, fit - 1) + '\\u2026';
  });
}
all.forEach(function (g) { g.addEventListener('click', function () { show(g); }); });
show(all[0]);
"""


class _Node:
    def __init__(self):
        self.weight, self.children = 0, {}


def _tree(samples):
    root = _Node()
    for thread, weight, frames in samples:
        node = root
        node.weight += weight
        for frame in [(thread, "thread"), *frames]:
            node = node.children.setdefault(frame, _Node())
            node.weight += weight
    return root


def _colour(module, symbol):
    """Warm for the module with a hue of its own, a little lighter or darker from function to function."""
    if module == "kernel":
        hue = 205
    elif module == "thread":
        hue = 0
    else:
        hue = zlib.crc32(module.encode()) % 120 + (0 if zlib.crc32(module.encode()) & 1024 else 240)
    return "hsl(%d,%d%%,%d%%)" % (hue % 360, 0 if module == "thread" else 60, 66 + zlib.crc32(symbol.encode()) % 14)


def _boxes(node, frame, left, depth, total, into):
    width = node.weight / total
    if width < _LEAST:
        return
    into.append((left, width, depth, frame, node.weight))
    for child in sorted(node.children):
        _boxes(node.children[child], child, left, depth + 1, total, into)
        left += node.children[child].weight / total


def svg(samples, title):
    root = _tree(samples)
    boxes = []
    _boxes(root, ("all", "thread"), 0.0, 0, root.weight, boxes)
    rows = 1 + max(depth for _, _, depth, _, _ in boxes)
    height, wide = rows * ROW + 50, WIDTH - 2 * MARGIN
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d"'
        ' font-family="monospace" font-size="11">'
        % (WIDTH, height, WIDTH, height),
        '<rect width="100%" height="100%" fill="#fff"/>',
        '<text x="%d" y="22" font-size="14">%s</text>' % (MARGIN, html.escape(title))]
    for left, width, depth, (symbol, module), weight in boxes:
        x, y = MARGIN + left * wide, height - 10 - (depth + 1) * ROW
        fit = int((width * wide - 6) / 6.6)
        shown = "" if fit < 3 else symbol if len(symbol) <= fit else symbol[:fit - 1] + "…"
        lines.append(
            '<g data-x="%.7f" data-w="%.7f" data-d="%d" data-n="%s"><title>%s (%s) %.2f %%</title>'
            '<rect x="%.2f" y="%d" width="%.2f" height="%d" fill="%s"/><text x="%.2f" y="%d">%s</text></g>' % (
                left, width, depth, html.escape(symbol, quote=True), html.escape(symbol), html.escape(module),
                100 * weight / root.weight, x, y, max(width * wide - 0.4, 0.3), ROW - 1, _colour(module, symbol), x + 3, y + 12,
                html.escape(shown)))
    lines.append("<script><![CDATA[%s]]></script></svg>" % (_SCRIPT % {"wide": wide, "margin": MARGIN}))
    return "\n".join(lines) + "\n"
