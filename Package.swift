// swift-tools-version: 6.2
import PackageDescription

/// Every target: Swift 6 language mode, and a warning is an error.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Whether the fuzzer is built too, which needs libFuzzer's runtime: `Tests/SpoolFuzz/run` sets this.
let isFuzzing = Context.environment["SPOOL_FUZZ"] == "1"

let package = Package(
    name: "spool",
    products: [
        .library(name: "Spool", targets: ["Spool"]),
        .library(name: "SpoolSchedule", targets: ["SpoolSchedule"]),
        .executable(name: "spool", targets: ["spool"]),
        .executable(name: "spool-bench", targets: ["spool-bench"]),
    ],
    targets: [
        // From the bottom up: each target may import those above it in this list, never below.
        .target(name: "CSpoolSystem"),
        .target(name: "SpoolSystem", dependencies: ["CSpoolSystem"], swiftSettings: strict),
        .target(name: "SpoolSchedule", swiftSettings: strict),
        .target(
            name: "Spool", dependencies: ["SpoolSchedule", "SpoolSystem"], swiftSettings: strict),
        .target(name: "SpoolRunner", dependencies: ["Spool"], swiftSettings: strict),
        .target(name: "SpoolCommand", dependencies: ["SpoolRunner"], swiftSettings: strict),
        .executableTarget(name: "spool", dependencies: ["SpoolCommand"], swiftSettings: strict),

        // How fast all that is, beside others and beside bare system calls; see its --help.
        .executableTarget(
            name: "spool-bench-limit", path: "Sources/SpoolBenchLimit",
            // Else it would load Swift's library, which it doesn't use, at each start.
            linkerSettings: [
                .unsafeFlags(["-static-executable"], .when(configuration: .release))
            ]),
        .executableTarget(
            name: "spool-bench", dependencies: ["SpoolRunner", "spool", "spool-bench-limit"],
            path: "Sources/SpoolBench", swiftSettings: strict),

        .executableTarget(
            name: "submit-from-swift", dependencies: ["Spool", "SpoolSchedule"],
            path: "examples/submit-from-swift", swiftSettings: strict),

        .target(
            name: "SpoolTestSupport", dependencies: ["SpoolRunner"], path: "Tests/SpoolTestSupport",
            swiftSettings: strict),
        // Real processes and real faults, for as long as wanted; see its README.
        .executableTarget(
            name: "spool-chaos", dependencies: ["SpoolTestSupport", "spool"],
            path: "Tests/SpoolChaos", exclude: ["README.md"], swiftSettings: strict),
        // Programs that break the queue on purpose.
        .target(name: "CSpoolTrace", path: "Tests/CSpoolTrace"),
        .executableTarget(
            name: "spool-faults", dependencies: ["CSpoolTrace", "SpoolTestSupport", "spool"],
            path: "Tests/SpoolFaults", exclude: ["README.md", "run"], swiftSettings: strict),

        .testTarget(
            name: "SpoolSystemTests", dependencies: ["SpoolTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SpoolScheduleTests", dependencies: ["SpoolSchedule"],
            exclude: ["cron-vectors.json", "watched-vectors.json"], swiftSettings: strict),
        .testTarget(name: "SpoolTests", dependencies: ["SpoolTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SpoolRunnerTests", dependencies: ["SpoolTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SpoolCommandTests",
            dependencies: [
                "SpoolCommand", "SpoolTestSupport", "spool", "spool-bench", "submit-from-swift",
            ],
            swiftSettings: strict),
        .target(
            name: "SpoolFuzzProperties", dependencies: ["SpoolCommand"],
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
