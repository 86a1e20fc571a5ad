// swift-tools-version: 6.2
import PackageDescription

// Somebody else's package. `run` builds it twice: with a copy beside it, and with a release from a repository, whose
// manifest may have no unsafe flags.
let repository = Context.environment["SPOOL_REPOSITORY"]

let package = Package(
    name: "outside",
    dependencies: [
        repository.map { .package(url: $0, from: "1.0.0") }
            ?? .package(name: "spool", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "outside", dependencies: [.product(name: "Spool", package: "spool")])
    ]
)
