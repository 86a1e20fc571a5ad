import FoundationEssentials

/// The figures, for people and for programs.
struct BenchReport {
    let results: [MeasurementResult]
    let setting: BenchEnvironment

    // MARK: Table

    var table: String {
        results.reduce(setting.text + "\n") { $0 + "\n" + table(of: $1) }
    }

    private func table(of result: MeasurementResult) -> String {
        let measurement = result.measurement
        let better = measurement.isMoreBetter ? "more is better" : "less is better"
        var rows = [["", "median", "quartiles", "of best peer", "of limit", "durability"]]
        for subject in result.subjects {
            rows.append(row(of: subject, result))
        }
        return "\(measurement.name): \(measurement.title), \(measurement.unit), \(better)\n"
            + BenchReport.aligned(rows)
    }

    private func row(of subject: SubjectResult, _ result: MeasurementResult) -> [String] {
        let name = "  \(subject.subject.name)"
        if let missing = subject.missing { return [name, "missing: \(missing)"] }
        guard let statistics = subject.statistics else {
            return [name, "failed: \(subject.failures.last ?? "")"]
        }
        let tail = result.measurement.showsTail ? ", p99 \(Figure.text(statistics.p99))" : ""
        return [
            name, Figure.text(statistics.median),
            "\(Figure.text(statistics.low)) – \(Figure.text(statistics.high))\(tail)",
            ratio(statistics.median, result.best(.peer)),
            ratio(statistics.median, result.limit(for: subject.subject)),
            subject.subject.durability,
        ]
    }

    private func ratio(_ value: Double, _ other: Double?) -> String {
        quotient(value, other).map(Figure.ratio) ?? ""
    }

    private static func aligned(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            // A subject that is missing or has failed takes a line of its own.
            rows.filter { $0.count == columns }.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let pad = String(repeating: " ", count: max(0, widths[column] - cell.count))
                line += column == 0 ? cell + pad : "  " + (column == 5 ? cell : pad + cell)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    /// nil also if there is nothing to be compared with, such as a daemon that never wakes up.
    private func quotient(_ value: Double?, _ other: Double?) -> Double? {
        guard let value, let other, other > 0 else { return nil }
        return value / other
    }

    // MARK: JSON

    private struct Document: Encodable {
        let setting: BenchEnvironment
        let measurements: [Entry]
    }

    private struct Entry: Encodable {
        let name: String
        let title: String
        let unit: String
        let isMoreBetter: Bool
        let subjects: [SubjectEntry]
    }

    private struct SubjectEntry: Encodable {
        let name: String
        let role: BenchSubject.Role
        let durability: String
        let missing: String?
        let failures: [String]
        let statistics: Statistics?
        let ofBestPeer: Double?
        let ofLimit: Double?
        let samples: [Double]
    }

    func json() throws -> String {
        let document = Document(setting: setting, measurements: results.map(entry))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    }

    private func entry(_ result: MeasurementResult) -> Entry {
        let measurement = result.measurement
        return Entry(
            name: measurement.name, title: measurement.title, unit: measurement.unit,
            isMoreBetter: measurement.isMoreBetter,
            subjects: result.subjects.map { subject in
                let median = subject.statistics?.median
                return SubjectEntry(
                    name: subject.subject.name, role: subject.subject.role,
                    durability: subject.subject.durability, missing: subject.missing,
                    failures: subject.failures, statistics: subject.statistics,
                    ofBestPeer: quotient(median, result.best(.peer)),
                    ofLimit: quotient(median, result.limit(for: subject.subject)),
                    samples: subject.samples)
            })
    }
}

/// Numbers as people read them: three digits that count.
enum Figure {
    static func text(_ value: Double) -> String {
        switch abs(value) {
        case 100...: grouped(Int(value.rounded()))
        case 10..<100: decimal(value, places: 1)
        default: decimal(value, places: 2)
        }
    }

    static func ratio(_ value: Double) -> String { decimal(value, places: 2) + "×" }

    private static func decimal(_ value: Double, places: Int) -> String {
        let unit = places == 1 ? 10 : 100
        let scaled = Int((abs(value) * Double(unit)).rounded())
        let rest = String(scaled % unit)
        let zeros = String(repeating: "0", count: places - rest.count)
        return "\(value < 0 ? "-" : "")\(scaled / unit).\(zeros)\(rest)"
    }

    private static func grouped(_ number: Int) -> String {
        var digits = String(abs(number))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }
}
