// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "perf",
    dependencies: [.package(name: "sqe-worker", path: "..")],
    targets: [
        .executableTarget(
            name: "decode-file",
            dependencies: [
                .product(name: "Parquet", package: "sqe-worker"),
                .product(name: "Arrow", package: "sqe-worker"),
                .product(name: "Bytes", package: "sqe-worker"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
