/// What is wrong with the bytes of a page; the reader of the page adds where it is.
struct Defect: Error, Equatable {
    let what: String

    init(_ what: String) {
        self.what = what
    }

    /// The encoded values run out.
    static let fewerValues = Defect("the page has fewer values than its header says")
    static let indexOutsideDictionary = Defect("an index lies outside the dictionary")
}
