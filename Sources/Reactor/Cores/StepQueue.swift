/// Computations that wait for their next step.
///
/// - Shape: those in a hurry and the others are each served in the order of coming, and take turns with each other, so that
///   neither kind keeps the other waiting.
struct StepQueue<Element> {
    private var hurried = Line<Element>()
    private var others = Line<Element>()
    private var hurriedWasLast = false

    var isEmpty: Bool { hurried.isEmpty && others.isEmpty }

    mutating func append(_ element: Element, hurries: Bool) {
        if hurries { hurried.append(element) } else { others.append(element) }
    }

    /// The next one, if there is any.
    mutating func popFirst() -> Element? {
        let prefersOthers = hurriedWasLast && !others.isEmpty
        if !prefersOthers, let element = hurried.popFirst() {
            hurriedWasLast = true
            return element
        }
        hurriedWasLast = false
        return others.popFirst()
    }
}

/// First come, first served.
private struct Line<Element> {
    private var elements: [Element] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        defer {
            head += 1
            if isEmpty {
                elements.removeAll(keepingCapacity: true)
                head = 0
            } else if head >= 64 {
                elements.removeFirst(head)
                head = 0
            }
        }
        return elements[head]
    }
}
