import Parquet
import ParquetFixtures
import Testing

@testable import Worker

@Suite("Projection")
struct ProjectionTests {
    /// Which columns of a file with the given names and field ids a ticket gets.
    private func columns(
        names: String, ids: String = "[]", of file: [(String, Int32?)]
    ) throws -> [Int] {
        let task = try ScanTask(
            ticket: Ticket.seed.setting(["projected_columns": names, "projected_field_ids": ids]).bytes)
        let builder = FileBuilder(columns: file.map { FileBuilder.Column(name: $0.0, fieldID: $0.1) })
        return Projection.columns(of: task, in: try FileFixture.metadata(of: builder))
    }

    private static let plain: [(String, Int32?)] = [("a", nil), ("b", nil), ("c", nil)]
    private static let identified: [(String, Int32?)] = [("a", 1), ("b", 2), ("c", 3)]

    @Test func noNamesMeanAllColumns() throws {
        #expect(try columns(names: "[]", of: Self.plain) == [0, 1, 2])
        #expect(try columns(names: "[]", of: Self.identified) == [0, 1, 2])
        #expect(try columns(names: "[]", ids: "[2]", of: Self.identified) == [0, 1, 2])
        #expect(try columns(names: "[]", of: []) == [])
    }

    @Test func namesInTheRequestedOrder() throws {
        #expect(try columns(names: #"["c","a"]"#, of: Self.plain) == [2, 0])
        #expect(try columns(names: #"["b"]"#, of: Self.identified) == [1])
    }

    @Test func unknownNamesAreLeftOut() throws {
        #expect(try columns(names: #"["z","b","A"]"#, of: Self.plain) == [1])
    }

    @Test func nothingFoundMeansAllColumns() throws {
        #expect(try columns(names: #"["z"]"#, of: Self.plain) == [0, 1, 2])
        #expect(try columns(names: #"["a"]"#, ids: "[9]", of: Self.identified) == [0, 1, 2])
    }

    @Test func eachColumnOnce() throws {
        #expect(try columns(names: #"["b","a","b"]"#, of: Self.plain) == [1, 0])
        #expect(try columns(names: #"["b","a","b"]"#, ids: "[2,1,2]", of: Self.identified) == [1, 0])
    }

    @Test func idsBeatNames() throws {
        // Column 1 was renamed from a to x and another a was added with id 4: the name would find the wrong one.
        let file: [(String, Int32?)] = [("a", 1), ("b", 2)]
        #expect(try columns(names: #"["x","b"]"#, ids: "[1,2]", of: file) == [0, 1])
        #expect(try columns(names: #"["b","a"]"#, ids: "[2,4]", of: file) == [1])
        // Names that were swapped.
        #expect(try columns(names: #"["b","a"]"#, ids: "[1,2]", of: file) == [0, 1])
    }

    @Test func idsMayBeZeroOrNegative() throws {
        #expect(try columns(names: #"["p","q"]"#, ids: "[-5,0]", of: [("a", 0), ("b", -5)]) == [1, 0])
    }

    @Test func oneColumnWithoutAnIdMakesNamesCount() throws {
        let file: [(String, Int32?)] = [("a", 1), ("b", nil), ("c", 3)]
        #expect(try columns(names: #"["c","a"]"#, ids: "[1,3]", of: file) == [2, 0])
        #expect(try columns(names: #"["z"]"#, ids: "[1]", of: file) == [0, 1, 2])
    }

    @Test func theFirstOfTwinsIsMeant() throws {
        #expect(try columns(names: #"["b","a"]"#, of: [("a", nil), ("b", nil), ("a", nil)]) == [1, 0])
        #expect(try columns(names: #"["x"]"#, ids: "[7]", of: [("a", 7), ("b", 7)]) == [0])
    }
}
