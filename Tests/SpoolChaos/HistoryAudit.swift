import FoundationEssentials
import SpoolTestSupport

/// The history decides nothing and may miss lines where the disk was full or a writer was killed; what it
/// says must be so.
final class HistoryAudit {
    private struct Line: Decodable {
        let job: String?
        let verb: String
        let to: String?
    }

    private let audit: Audit
    private(set) var lines = 0
    /// Lines that were cut, as a full disk does.
    private(set) var torn = 0
    /// Jobs whose last end has a line, and those whose hasn't.
    private(set) var told = 0
    private(set) var untold = 0

    init(_ audit: Audit) {
        self.audit = audit
    }

    func check() {
        let chaos = audit.chaos
        let archive = chaos.host.directory + "/history.ndjson"
        guard FileTree.exists(archive), let bytes = try? FileTree.read(archive) else { return }
        var ends: [String: Set<String>] = [:]
        let decoder = JSONDecoder()
        for bytes in bytes.split(separator: 10) {
            lines += 1
            guard let line = try? decoder.decode(Line.self, from: Data(bytes)) else {
                torn += 1
                continue
            }
            guard let id = line.job, let to = line.to else { continue }
            let place = to.prefix { $0 != "/" }
            if Tree.ended.contains(String(place)) { ends[id, default: []].insert(to) }
            if line.verb == "start", audit.ledger.records[id] == nil {
                audit.ledger.violate("the history knows a job that nobody does", id: id)
            }
        }
        for (id, places) in audit.found {
            guard let file = places.first?.file, ends[id]?.contains(file.path) != true else {
                told += 1
                continue
            }
            untold += 1
            // Without faults of the disk and without kills nothing excuses a missing line.
            if chaos.pool.disorder == 0 && chaos.pool.killCount == 0 {
                audit.ledger.violate("its end is missing in the history", id: id)
            }
        }
        if torn > 0 && chaos.faultCounts["disk full"] == nil
            && chaos.faultCounts["no inodes"] == nil
        {
            audit.ledger.violate("\(torn) lines of the history are torn")
        }
    }
}
