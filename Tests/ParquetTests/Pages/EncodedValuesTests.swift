import Bytes
import Testing

@testable import Parquet

/// Which encodings are for which types (`Encodings.md`), and what becomes of the others.
@Suite("Encodings and types")
struct EncodedValuesTests {
    private static let types: [PhysicalType] = [
        .boolean, .int32, .int64, .int96, .float, .double, .byteArray, .fixedLengthByteArray,
    ]

    /// The types that each encoding is for.
    private static let supported: [Int32: [PhysicalType]] = [
        0: types,
        2: types.filter { $0 != .boolean },
        3: [.boolean],
        4: [],
        5: [.int32, .int64],
        6: [.byteArray],
        7: [.byteArray, .fixedLengthByteArray],
        8: types.filter { $0 != .boolean },
        9: [.int32, .int64, .float, .double, .fixedLengthByteArray],
    ]

    private static let names: [Int32: String] = [
        3: "RLE", 4: "BIT_PACKED", 5: "DELTA_BINARY_PACKED", 6: "DELTA_LENGTH_BYTE_ARRAY", 7: "DELTA_BYTE_ARRAY",
        9: "BYTE_STREAM_SPLIT",
    ]

    private func leaf(_ type: PhysicalType, typeLength: Int = 2) -> Leaf {
        Leaf(
            index: 0, path: "c", physicalType: type, typeLength: type == .fixedLengthByteArray ? typeLength : 0,
            maxRepetition: 0, maxDefinition: 0, values: .null)
    }

    private func open(
        _ bytes: [UInt8], _ encoding: Int32, _ type: PhysicalType, hasDictionary: Bool = true
    ) -> Result<EncodedValues, PageFailure> {
        do throws(PageFailure) {
            return .success(
                try EncodedValues(
                    Slice(copying: bytes), encoding: encoding, leaf: leaf(type), hasDictionary: hasDictionary))
        } catch { return .failure(error) }
    }

    private func defect(_ result: Result<EncodedValues, PageFailure>) -> String? {
        if case .failure(.defect(let defect)) = result { defect.what } else { nil }
    }

    /// Each a head that is good for all encodings: a block of 128 in 4 miniblocks, no value, twice.
    private static let body: [UInt8] = [0x80, 1, 4, 0, 0, 0x80, 1, 4, 0, 0]

    @Test(arguments: supported.keys.sorted())
    func anEncodingIsForItsTypes(_ encoding: Int32) {
        for type in Self.types {
            let body = encoding == 3 ? [1, 0, 0, 0, 2] : encoding == 9 ? [UInt8](0..<24) : Self.body
            let wanted: String? =
                if Self.supported[encoding]!.contains(type) {
                    nil
                } else if encoding == 2 || encoding == 8 {
                    "a dictionary of BOOLEAN"
                } else {
                    "encoding \(Self.names[encoding]!) for \(type.name)"
                }
            // A width of 0x80 would be refused; that is another rule.
            let bytes = encoding == 2 || encoding == 8 ? [3] + body : body
            #expect(defect(open(bytes, encoding, type)) == wanted, "\(type.name)")
        }
    }

    @Test(arguments: [Int32(1), 10, 11, 100, -1, .max, .min])
    func anUnknownNumberIsUnsupported(_ encoding: Int32) {
        for type in Self.types {
            guard case .failure(.unsupported("encoding number \(encoding)")) = open(Self.body, encoding, type) else {
                Issue.record("\(type.name)")
                continue
            }
        }
    }

    /// Writers leave out everything where a page has no values; whoever wants one then finds too few.
    @Test(arguments: [Int32(0), 2, 3, 5, 6, 7, 8, 9])
    func anEmptyPageHasNoValues(_ encoding: Int32) {
        for type in Self.types {
            switch open([], encoding, type) {
            case .success(.bits), .success(.bitRuns): #expect(type == .boolean)
            case .success(.plain), .success(.dictionary): #expect(type != .boolean)
            case .success: Issue.record("\(type.name) of no bytes has values")
            case .failure:
                #expect(!Self.supported[encoding]!.contains(type), "\(type.name)")
            }
        }
    }

    @Test func dictionaryIndicesNeedADictionary() {
        for encoding: Int32 in [2, 8] {
            #expect(
                defect(open([1, 2, 0], encoding, .int32, hasDictionary: false))
                    == "dictionary indices without a dictionary page")
        }
    }

    @Test(arguments: 0...255)
    func dictionaryIndicesHaveAtMost32Bits(_ bitWidth: Int) {
        let wanted = bitWidth > 32 ? "dictionary indices of \(bitWidth) bits" : nil
        #expect(defect(open([UInt8(bitWidth), 2, 0, 0, 0, 0], 8, .int32)) == wanted)
    }

    @Test func bitRunsLieBehindTheirLength() {
        // Length 2, then a run of one value 1.
        #expect(defect(open([2, 0, 0, 0, 2, 1], 3, .boolean)) == nil)
        for (bytes, message) in [
            ([2, 0, 0], "a length ends early"), ([3, 0, 0, 0, 2, 1], "a length goes past the end of the page"),
            ([0xff, 0xff, 0xff, 0xff, 2, 1], "a length goes past the end of the page"),
        ] as [([UInt8], String)] {
            #expect(defect(open(bytes, 3, .boolean)) == message)
        }
    }

    @Test func streamsOfDifferentLengthsAreRefused() {
        for (type, byteWidth) in [
            (PhysicalType.int32, 4), (.int64, 8), (.float, 4), (.double, 8), (.fixedLengthByteArray, 2),
        ] {
            for count in 1...16 {
                let wanted = count % byteWidth == 0 ? nil : "streams of different lengths"
                #expect(defect(open([UInt8](repeating: 0, count: count), 9, type)) == wanted)
            }
        }
    }
}
