import Bytes
import Glibc
import Measuring
import Reactor

// Sends record batches that are ready, from our reactor through our HTTP/2: what is left of a scan when nothing is fetched
// or decoded.
//
//   send-ready [--columns a,b] PORT FILE...
//
// Decodes the files once, prints READY, and then answers every call with all their batches, whatever its ticket says.
// One loop, on loopback; stays until it is ended.

struct Options {
    var columns: [String]?
    var port: UInt16 = 0
    var paths: [String] = []

    init?(_ arguments: some Sequence<String>) {
        var words: [String] = []
        var arguments = arguments.makeIterator()
        while let argument = arguments.next() {
            if argument == "--columns" {
                columns = arguments.next()?.split(separator: ",").map(String.init)
            } else {
                words.append(argument)
            }
        }
        guard let port = words.first.flatMap(UInt16.init), words.count > 1 else { return nil }
        self.port = port
        paths = Array(words.dropFirst())
    }
}

guard let options = Options(CommandLine.arguments.dropFirst()) else {
    print("send-ready [--columns a,b] PORT FILE...")
    exit(2)
}
do {
    let stream = try ReadyStream(paths: options.paths, columns: options.columns)
    try CoreActor.run(index: 0, kind: .uring) { core in
        guard ReadyConnection.acceptAll(port: options.port, loop: core.loop, stream: stream) else {
            print("cannot listen on port \(options.port)")
            exit(1)
        }
        print("READY")
        fflush(nil)
    }
} catch {
    print("error: \(error)")
    exit(1)
}
