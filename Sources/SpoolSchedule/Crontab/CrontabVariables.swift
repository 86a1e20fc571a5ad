import SpoolTime

/// The variables that a crontab sets, line after line. One list serves all its entries; each of them sees the part that
/// stands above it. A table for each entry would take memory that grows with the square of the file's length.
struct CrontabVariables: Sendable {
    private var all: [(name: String, value: String)] = []
    /// The values after so many lines, so that a look needn't begin at the first one. The longer the list has become,
    /// the further each table is from the one before it. Together they are therefore only some times as large as the
    /// last one.
    private var tables: [(count: Int, values: [String: String])] = []
    private var latest: [String: String] = [:]

    var count: Int { all.count }

    mutating func set(_ name: String, to value: String) {
        all.append((name, value))
        CrontabVariables.set(name, to: value, in: &latest)
        if all.count - (tables.last?.count ?? 0) > max(64, all.count / 16) {
            tables.append((all.count, latest))
        }
    }

    /// A name that stands there in another spelling, which is the same key, gets this one.
    private static func set(_ name: String, to value: String, in table: inout [String: String]) {
        table[name] = nil
        table[name] = value
    }

    /// The values after the first lines; later ones have replaced earlier ones of the same name.
    func values(after count: Int) -> [String: String] {
        if count == all.count { return latest }
        let next = tables.partitionIndex { $0.count <= count }
        var values = next > 0 ? tables[next - 1].values : [:]
        for (name, value) in all[(next > 0 ? tables[next - 1].count : 0)..<count] {
            CrontabVariables.set(name, to: value, in: &values)
        }
        return values
    }
}
