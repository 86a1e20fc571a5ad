// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// What knows the generic types that it uses has their metadata made when it is built, and not when it runs, as is usual
/// elsewhere than on Linux: a tenth of the time of a submission. And each function has a section of its own, so that the
/// linker can put those together that are used together. A package that depends on this one may not be built with such
/// flags; its copy of this one lies below a directory checkouts/.
let quickStart: [SwiftSetting] =
    Context.packageDirectory.contains("/checkouts/")
    ? []
    : [
        .unsafeFlags([
            "-Xfrontend", "-prespecialize-generic-metadata", "-Xfrontend", "-function-sections",
        ])
    ]

/// Every target: Swift 6 language mode, and a warning is an error.
let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + quickStart

/// Whether the fuzzer is built too, which needs libFuzzer's runtime: `Tests/SpoolFuzz/run` sets this.
let isFuzzing = Context.environment["SPOOL_FUZZ"] == "1"

/// A static program starts in a third of the time of one that loads libraries, and runs where there is no Swift.
/// Some systems have the libraries for that in packages of their own (glibc-static, libstdc++-static): without them,
/// and with `SPOOL_LINK=dynamic`, which lets a test put a library of its own before libc, it is linked as usual.
let isStatic: Bool = {
    let known = [
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib",
    ]
    let compilers = (try? FileManager.default.subpathsOfDirectory(atPath: "/usr/lib/gcc")) ?? []
    return Context.environment["SPOOL_LINK"] != "dynamic"
        && known.contains { FileManager.default.fileExists(atPath: $0 + "/libc.a") }
        && (compilers.contains { $0.hasSuffix("/libstdc++.a") }
            || known.contains { FileManager.default.fileExists(atPath: $0 + "/libstdc++.a") })
}()

/// What is used at each start lies together, so that it takes few pages.
let ordered = [
    "-static-executable", "-use-ld=lld", "-Xlinker", "--no-warn-symbol-ordering", "-Xlinker",
    "--symbol-ordering-file=\(Context.packageDirectory)/Sources/SpoolMain/LinkOrder/symbols.txt",
]

func releaseLink(_ flags: [String]) -> [LinkerSetting] {
    isStatic ? [.unsafeFlags(flags, .when(configuration: .release))] : []
}

let package = Package(
    name: "spool",
    products: [
        .library(name: "Spool", targets: ["Spool", "SpoolCheck"]),
        .library(name: "SpoolSchedule", targets: ["SpoolSchedule"]),
        .executable(name: "spool", targets: ["SpoolMain"]),
        .executable(name: "spool-bench", targets: ["spool-bench"]),
    ],
    targets: [
        // From the bottom up: each target may import those above it in this list, never below.
        .target(name: "CSpoolSystem"),
        .target(name: "SpoolSystem", dependencies: ["CSpoolSystem"], swiftSettings: strict),
        .target(name: "SpoolTime", swiftSettings: strict),
        .target(name: "SpoolSchedule", dependencies: ["SpoolTime"], swiftSettings: strict),
        .target(
            name: "Spool", dependencies: ["SpoolSchedule", "SpoolSystem", "SpoolTime"],
            swiftSettings: strict),
        .target(
            name: "SpoolCheck",
            dependencies: ["Spool", "SpoolSchedule", "SpoolSystem", "SpoolTime"],
            swiftSettings: strict),
        .target(
            name: "SpoolRunner",
            dependencies: ["Spool", "SpoolCheck", "SpoolSchedule", "SpoolSystem", "SpoolTime"],
            swiftSettings: strict),
        .target(
            name: "SpoolCommand",
            dependencies: [
                "CSpoolSystem", "Spool", "SpoolCheck", "SpoolRunner", "SpoolSchedule",
                "SpoolSystem",
                "SpoolTime",
            ],
            swiftSettings: strict),
        // A part of Swift's library that takes time at each start; only for a program that has all of it in itself.
        .target(
            name: "CSpoolStart", dependencies: ["CSpoolSystem"],
            cSettings: isStatic ? [.define("IS_STATIC", .when(configuration: .release))] : []),
        .executableTarget(
            name: "SpoolMain", dependencies: ["CSpoolStart", "SpoolCommand"],
            exclude: ["LinkOrder"],
            swiftSettings: strict, linkerSettings: releaseLink(ordered)),

        // How fast all that is, beside others and beside bare system calls; see its --help.
        .executableTarget(
            name: "spool-bench-limit", path: "Sources/SpoolBenchLimit",
            // Else it would load Swift's library, which it doesn't use, at each start.
            linkerSettings: releaseLink(["-static-executable"])),
        .executableTarget(
            name: "spool-bench",
            dependencies: [
                "CSpoolSystem", "Spool", "SpoolMain", "SpoolRunner", "SpoolSchedule", "SpoolSystem",
                "SpoolTime", "spool-bench-limit",
            ],
            path: "Sources/SpoolBench", swiftSettings: strict),

        .executableTarget(
            name: "submit-from-swift", dependencies: ["Spool", "SpoolSchedule"],
            path: "examples/submit-from-swift", swiftSettings: strict),

        .target(
            name: "SpoolTestSupport", dependencies: ["Spool", "SpoolSystem", "SpoolTime"],
            path: "Tests/SpoolTestSupport",
            swiftSettings: strict),
        // Real processes and real faults, for as long as wanted; see its README.
        .executableTarget(
            name: "spool-chaos", dependencies: ["SpoolMain", "SpoolSystem", "SpoolTestSupport"],
            path: "Tests/SpoolChaos", exclude: ["README.md"], swiftSettings: strict),
        // Programs that break the queue on purpose.
        .target(name: "CSpoolTrace", path: "Tests/CSpoolTrace"),
        .executableTarget(
            name: "spool-faults",
            dependencies: [
                "CSpoolTrace", "Spool", "SpoolMain", "SpoolSystem", "SpoolTestSupport", "SpoolTime",
            ],
            path: "Tests/SpoolFaults", exclude: ["README.md", "run"], swiftSettings: strict),

        .testTarget(
            name: "SpoolSystemTests",
            dependencies: ["CSpoolSystem", "SpoolSystem", "SpoolTestSupport"], swiftSettings: strict
        ),
        .testTarget(
            name: "SpoolTimeTests", dependencies: ["SpoolTestSupport", "SpoolTime"],
            swiftSettings: strict),
        .testTarget(
            name: "SpoolScheduleTests", dependencies: ["SpoolSchedule", "SpoolTestSupport"],
            exclude: ["cron-vectors.json", "watched-vectors.json"], swiftSettings: strict),
        .testTarget(
            name: "SpoolTests",
            dependencies: [
                "Spool", "SpoolCheck", "SpoolSchedule", "SpoolSystem", "SpoolTestSupport",
                "SpoolTime",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SpoolRunnerTests",
            dependencies: [
                "CSpoolTrace", "Spool", "SpoolMain", "SpoolRunner", "SpoolSchedule", "SpoolSystem",
                "SpoolTestSupport", "SpoolTime",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SpoolCommandTests",
            dependencies: [
                "Spool", "SpoolCheck", "SpoolCommand", "SpoolMain", "SpoolRunner", "SpoolSchedule",
                "SpoolSystem", "SpoolTestSupport", "SpoolTime", "spool-bench", "submit-from-swift",
            ],
            swiftSettings: strict),
        .target(
            name: "SpoolFuzzProperties",
            dependencies: ["Spool", "SpoolCommand", "SpoolRunner", "SpoolSchedule", "SpoolTime"],
            path: "Tests/SpoolFuzz/Properties", swiftSettings: strict),
        .testTarget(
            name: "SpoolFuzzTests", dependencies: ["SpoolFuzzProperties", "SpoolTestSupport"],
            path: "Tests/SpoolFuzz/Replay", swiftSettings: strict),
    ]
        + (isFuzzing
            ? [
                .executableTarget(
                    name: "spool-fuzz", dependencies: ["SpoolFuzzProperties"],
                    path: "Tests/SpoolFuzz/Driver", swiftSettings: strict)
            ] : [])
)
