/// What is wrong with the bytes of a page; the reader of the page adds where it is.
struct Defect: Error, Equatable {
    let what: String

    init(_ what: String) {
        self.what = what
    }
}
