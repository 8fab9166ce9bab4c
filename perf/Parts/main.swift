import Glibc

// What does one value cost? One question a line.
//
//   parts [--tiny] [--only TEXT]
//
// --tiny answers every question once with small inputs: to see that all of them work, not what they cost.

let scale = CommandLine.arguments.contains("--tiny") ? Scale.tiny : .full
let only = CommandLine.arguments.firstIndex(of: "--only").map { CommandLine.arguments[$0 + 1] }

let groups: [(Scale) throws -> [Question]] = [
    bitUnpacking, levelUnpacking, dictionaryGather, nullExpansion, byteStreamSplit, decimals, codecs, utf8, checksums,
    listOffsets, footers, batchHeads, columns,
]

do {
    print(Answer.heading)
    for group in groups {
        for question in try group(scale) where only.map(question.name.contains) ?? true {
            print(Answer(question, scale).line)
        }
    }
} catch {
    print("error: \(error)")
    exit(1)
}
