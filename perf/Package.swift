// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func library(_ name: String) -> Target.Dependency { .product(name: name, package: "sqe-worker") }

let package = Package(
    name: "perf",
    dependencies: [.package(name: "sqe-worker", path: "..")],
    targets: [
        .target(
            name: "Measuring", dependencies: [library("Parquet"), library("Arrow"), library("Bytes")],
            swiftSettings: settings),
        .executableTarget(
            name: "decode-file", dependencies: ["Measuring", library("Arrow"), library("Bytes")],
            swiftSettings: settings),
        // Files of one column in every encoding, made in memory.
        .systemLibrary(name: "CCompression"),
        .target(name: "Samples", dependencies: ["CCompression"], swiftSettings: settings),
        .target(name: "CAllocations", path: "Budgets/CAllocations"),
        .executableTarget(
            name: "allocations",
            dependencies: ["CAllocations", "Measuring", "Samples", library("Parquet"), library("Bytes")],
            path: "Budgets/allocations", swiftSettings: settings),
        .executableTarget(
            name: "parts",
            dependencies: [
                "CCompression", "Measuring", "Samples", library("CKernels"), library("Parquet"), library("Arrow"),
                library("Bytes"),
            ],
            path: "Parts", swiftSettings: settings),
        .executableTarget(
            name: "send-ready",
            dependencies: [
                "Measuring", library("Arrow"), library("Bytes"), library("Flight"), library("Grpc"), library("Http2"),
                library("Reactor"),
            ],
            // As in the rooms that it is made of.
            path: "Ready", swiftSettings: settings + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
    ],
    swiftLanguageModes: [.v6]
)
