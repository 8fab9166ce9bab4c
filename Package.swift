// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // An async function runs on its caller's core unless it says otherwise.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // For @_lifetime on spans that leave a property or a function.
    .enableExperimentalFeature("Lifetimes"),
]

let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

/// One of our own modules.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: ["README.md"], swiftSettings: strict)
}

/// The tests of one module, in the folder of the same name.
func tests(_ room: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: room + "Tests", dependencies: [.byName(name: room)] + dependencies, swiftSettings: strict)
}

/// What the tests of several modules share, in a folder of `Tests`.
func fixture(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "sqe-worker",
    products: [
        .executable(name: "sqe-server", targets: ["sqe-server"]),
        .executable(name: "sqe-cli", targets: ["sqe-cli"]),
        // For the measuring tools in perf/.
        .library(name: "Bytes", targets: ["Bytes"]),
        .library(name: "Arrow", targets: ["Arrow"]),
        .library(name: "Parquet", targets: ["Parquet"]),
        .library(name: "CKernels", targets: ["CKernels"]),
        .library(name: "Reactor", targets: ["Reactor"]),
        .library(name: "Http2", targets: ["Http2"]),
        .library(name: "Grpc", targets: ["Grpc"]),
        .library(name: "Flight", targets: ["Flight"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        room("Bytes"),
        room("Reactor", ["Bytes", "CUring"]),
        room("Http1", ["Bytes"]),
        room("Tls", ["Bytes", "COpenSSL"]),
        room("S3", ["Http1", "Bytes", "COpenSSL"]),
        room("Arrow", ["Bytes", "CZstd", "CLz4"]),
        room("Parquet", ["Arrow", "Bytes", "CBrotli", "CDeflate", "CKernels", "CLz4", "CZstd"]),
        room("Http2", ["Bytes", "CNghttp2"]),
        room("Grpc", ["Bytes"]),
        room("Flight", ["Grpc", "Arrow", "Bytes"]),
        room("Json", ["CJansson"]),
        room(
            "Worker",
            [
                "Bytes", "Reactor", "Http1", "Tls", "S3", "Arrow", "Parquet", "Http2", "Grpc", "Flight", "Json",
                .product(name: "Logging", package: "swift-log"), "TOMLKit",
            ]),
        room("Fleet", ["Bytes", "Reactor", "S3", "Arrow", "Http2", "Grpc", "Flight", "Json"]),
        .executableTarget(
            name: "sqe-server",
            dependencies: ["Worker", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: strict),
        .executableTarget(
            name: "sqe-cli",
            dependencies: ["Fleet", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: strict),

        .target(name: "CUring", cSettings: strictC, linkerSettings: [.linkedLibrary("uring")]),
        .target(name: "CKernels", cSettings: strictC),
        .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(name: "CBrotli", pkgConfig: "libbrotlidec", providers: [.apt(["libbrotli-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CLz4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),

        .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),

        fixture("CoreHarness", ["Reactor"]),
        fixture("ParquetFixtures"),
        fixture("Randomness"),
        fixture("TestFiles"),

        .testTarget(name: "RuleTests", dependencies: ["TestFiles"], swiftSettings: strict),
        tests("Bytes", ["Randomness"]),
        tests("Json"),
        tests(
            "Worker",
            [
                "Bytes", "Reactor", "S3", "Arrow", "Parquet", "Grpc", "Json", "CoreHarness", "ParquetFixtures",
                "Randomness",
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests("Reactor", ["Bytes", "CoreHarness"]),
        tests("Http1", ["Bytes"]),
        tests("Tls", ["Bytes", "COpenSSL", "Randomness"]),
        tests("S3", ["Http1", "Bytes", "Randomness"]),
        tests("Arrow", ["Bytes", "Randomness"]),
        tests("Parquet", ["Arrow", "Bytes", "CKernels", "Json", "ParquetFixtures", "Randomness", "TestFiles"]),
        tests("Http2", ["Bytes", "Randomness"]),
        tests("Grpc", ["Bytes"]),
        tests("Flight", ["Grpc", "Arrow", "Bytes"]),
        tests("Fleet", ["Bytes", "Reactor", "Arrow", "Http2", "Grpc", "Flight", "Json", "S3", "CoreHarness"]),
    ],
    swiftLanguageModes: [.v6]
)
