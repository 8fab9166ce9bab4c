import Glibc

/// The entry that `FUZZ_TARGET` names.
private let entry: FuzzEntry = {
    let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let entry = FuzzEntry.all.first(where: { $0.name == name }) else {
        print(FuzzEntry.all.map(\.name).joined(separator: "\n"))
        exit(name.isEmpty ? 0 : 2)
    }
    return entry
}()

/// Writes the seeds to the folder that `FUZZ_SEEDS` names, and fuzzes nothing.
@_cdecl("LLVMFuzzerInitialize") public func initialize(_ count: OpaquePointer?, _ arguments: OpaquePointer?) -> CInt {
    let seeds = entry.seeds()
    guard let folder = unsafe getenv("FUZZ_SEEDS") else { return 0 }
    for (index, seed) in seeds.enumerated() {
        guard let file = unsafe fopen("\(String(cString: folder))/seed-\(index)", "w") else { exit(2) }
        unsafe fwrite(seed, 1, seed.count, file)
        unsafe fclose(file)
    }
    exit(0)
}

@_cdecl("LLVMFuzzerTestOneInput") public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe entry.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
