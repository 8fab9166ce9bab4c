import Testing

@testable import Arrow

@Suite("FlatBuffer writer")
struct FlatBufferWriterTests {
    @Test func writesTheVector() {
        var writer = FlatBufferWriter()
        let name = writer.string("hi")
        let root = writer.table([.int32(-2), nil, .offset(name)])
        #expect(
            writer.finish(root: root) == [
                0x14, 0, 0, 0,  // The root table is at 20.
                0, 0, 0, 0, 0, 0,  // Padding in front makes the whole a multiple of 8.
                0x0a, 0, 0x0c, 0,  // Vtable at 10: 10 bytes, of a table of 12 bytes,
                0x08, 0, 0, 0, 0x04, 0,  // first field at 8, second absent, third at 4.
                0x0a, 0, 0, 0,  // Table at 20: its vtable is 10 bytes back.
                0x08, 0, 0, 0,  // The string is 8 bytes further, at 32.
                0xfe, 0xff, 0xff, 0xff,  // -2.
                0x02, 0, 0, 0, 0x68, 0x69, 0, 0,  // Two bytes, "hi", a zero, and padding.
            ])
    }

    @Test func embeddedTablesStayReadable() throws {
        let inner = MessageEncoder.schema(everySchema)
        let start = try MessageDecoder(inner).header.start
        var writer = FlatBufferWriter()
        let schema = writer.embed(inner, tableAt: start)
        let root = writer.table([nil, .int8(1), .offset(schema)])
        // Read as a message again, its version is the only thing that misses.
        let table = try FlatBuffer(writer.finish(root: root)).root("Outer")
        let fields = try table.requiredTable(2, "schema", "Schema").tables(1, "fields", of: "Field")
        #expect(try fields.map { try $0.string(0, "name") } == everySchema.fields.map(\.name))
    }
}
