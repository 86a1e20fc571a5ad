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
        .target(
            name: "SpoolSchedule", dependencies: ["SpoolSystem", "SpoolTime"], swiftSettings: strict
        ),
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
                "Spool", "SpoolCheck", "SpoolRunner", "SpoolSchedule", "SpoolSystem", "SpoolTime",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "SpoolMain", dependencies: ["SpoolCommand"], swiftSettings: strict),

        // How fast all that is, beside others and beside bare system calls; see its --help.
        .executableTarget(name: "spool-bench-limit", path: "Sources/SpoolBenchLimit"),
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
