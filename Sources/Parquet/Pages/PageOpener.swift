import Bytes

/// Makes the pages of one leaf ready to be decoded: checksum, decompression, levels.
///
/// - Spec: Parquet README, "Data Pages"; parquet.thrift, structs `DataPageHeader` and `DataPageHeaderV2`.
struct PageOpener {
    let leaf: Leaf
    let scan: ScanResources

    /// - Throws: when the page carries a checksum, checksums are compared, and it is another.
    func verify(_ body: Slice, _ header: PageHeader) throws(PageFailure) {
        guard scan.options.verifiesChecksums, let checksum = header.checksum else { return }
        guard Kernels.crc32(body) == checksum else { throw .defect(Defect("the page checksum does not match")) }
    }

    /// Parts levels from values.
    ///
    /// - Parameters:
    ///   - index: of the page among the data pages of its column chunk.
    ///   - start: where its body lies in the column chunk.
    func open(
        _ body: Slice, _ header: PageHeader, _ data: DataPageHeader, _ codec: Codec, index: Int, start: Int,
        hasDictionary: Bool
    ) throws(PageFailure) -> DataPage {
        var repetition: HybridRuns?
        var definition: HybridRuns?
        var values: Slice
        let isInPlace: Bool
        var memory: Block?
        switch data.layout {
        case .version1(let repetitionEncoding, let definitionEncoding):
            values = try decompress(body, codec, to: header.uncompressedByteCount)
            isInPlace = codec == .uncompressed
            if !isInPlace { memory = values.block }
            repetition = try levels(leaf.maxRepetition, repetitionEncoding, data.valueCount, &values)
            definition = try levels(leaf.maxDefinition, definitionEncoding, data.valueCount, &values)
        case .version2(let definitionLevelByteCount, let repetitionLevelByteCount, let isCompressed):
            let levelByteCount = definitionLevelByteCount + repetitionLevelByteCount
            guard levelByteCount <= body.count, levelByteCount <= header.uncompressedByteCount else {
                throw .defect(Defect("the levels are longer than the page"))
            }
            repetition = runs(body.extracting(0..<repetitionLevelByteCount), highest: leaf.maxRepetition)
            definition = runs(
                body.extracting(repetitionLevelByteCount..<levelByteCount), highest: leaf.maxDefinition)
            values = body.extracting(levelByteCount..<body.count)
            isInPlace = true
            if isCompressed {
                values = try decompress(values, codec, to: header.uncompressedByteCount - levelByteCount)
                if codec != .uncompressed { memory = values.block }
            }
        }
        return DataPage(
            repetition: repetition, definition: definition,
            values: try EncodedValues(values, encoding: data.encoding, leaf: leaf, hasDictionary: hasDictionary),
            unstagedCount: data.valueCount, index: index, offsetInPlace: isInPlace ? start : nil,
            memory: memory)
    }

    /// Levels of a version 2 page; nil where there are none.
    private func runs(_ bytes: Slice, highest: Int) -> HybridRuns? {
        highest > 0 ? HybridRuns(bytes, bitWidth: StagedLevels.bitWidth(highest)) : nil
    }

    /// Takes the levels from the front of a version 1 page; nil where there are none.
    private func levels(
        _ highest: Int, _ encoding: Int32, _ count: Int, _ page: inout Slice
    ) throws(PageFailure) -> HybridRuns? {
        guard highest > 0 else { return nil }
        let bitWidth = StagedLevels.bitWidth(highest)
        do throws(Defect) {
            switch encoding {
            case 3:
                let (bytes, end) = try page.lengthPrefixed(at: 0)
                page = page.extracting(end..<page.count)
                return HybridRuns(bytes, bitWidth: bitWidth)
            case 4:
                let byteCount = BitPackedLevels.byteCount(count, bitWidth: bitWidth)
                guard byteCount <= page.count else { throw Defect("the levels are longer than the page") }
                let bytes = page.extracting(0..<byteCount)
                page = page.extracting(byteCount..<page.count)
                return BitPackedLevels.repacked(bytes, count: count, bitWidth: bitWidth, pool: scan.pool)
            default: throw Defect("levels with encoding number \(encoding)")
            }
        } catch { throw .defect(error) }
    }

    /// The bytes as they are or, of a compressed page, in memory of their own.
    func decompress(_ bytes: Slice, _ codec: Codec, to byteCount: Int) throws(PageFailure) -> Slice {
        if codec == .uncompressed {
            guard bytes.count == byteCount else {
                throw .defect(Defect("the sizes of an uncompressed page differ"))
            }
            return bytes
        }
        let target = scan.pageMemory.take(byteCount: byteCount).slice(0, count: byteCount)
        // An empty body of a version 2 page stands for no bytes.
        if bytes.count == 0, byteCount == 0 { return target }
        do throws(Defect) {
            try scan.decompressor.decompress(bytes, codec: codec, into: target)
        } catch { throw .defect(error) }
        return target
    }
}
