import Foundation
import SpoolSchedule
import SpoolTestSupport
import Testing

/// An expression, a zone and an instant, with the three slots that follow; none when the expression is
/// to be refused.
struct Vector: Decodable, Sendable, CustomTestStringConvertible {
    let expr: String
    let tz: String
    let after: String
    let next: [String]
    let note: String
    let kind: String

    var testDescription: String { "\(expr) \(tz) after \(after): \(note)" }

    /// Seconds are asked for, never guessed: the vectors that mean them have six fields.
    var options: CronExpression.Options {
        CronExpression.Options(
            seconds: kind != "reject" && expr.split(separator: " ").count == 6)
    }

    static let all = read("cron-vectors.json")

    /// Around changes of the clock, from 1940 to 2190. They were written down by a watcher of the wall
    /// clock in another language, with another reader of zone files.
    static let watched = read("watched-vectors.json")

    /// Those with slots that this machine's zone data agrees with.
    static let usable = (all + watched).filter {
        $0.kind != "reject" && ZoneData.agrees(with: [$0.after] + $0.next, in: $0.tz)
    }

    private static func read(_ name: String) -> [Vector] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent(name)
        do {
            return try JSONDecoder().decode([Vector].self, from: Data(contentsOf: path))
        } catch {
            Issue.record("\(path.path): \(error)")
            return []
        }
    }
}

@Suite struct VectorTests {
    @Test func theVectorsAreThere() {
        #expect(Vector.all.count == 86)
        #expect(Vector.watched.count == 128)
        #expect(Vector.usable.count > 170)
    }

    @Test(arguments: Vector.usable)
    func theNextThreeSlots(_ vector: Vector) throws {
        let expression = try CronExpression(vector.expr, options: vector.options)
        let schedule = Schedule(expression, in: try zone(vector.tz))
        let after = try instant(vector.after)
        let expected = try vector.next.map(instant)
        #expect(schedule.slots(after: after, limit: 3) == expected)
    }

    @Test(arguments: Vector.usable)
    func theSameBackwards(_ vector: Vector) throws {
        let expression = try CronExpression(vector.expr, options: vector.options)
        let schedule = Schedule(expression, in: try zone(vector.tz))
        let expected = try vector.next.map(instant)
        let last = try #require(expected.last)
        #expect(schedule.latest(atOrBefore: last) == last)
        for (earlier, later) in zip(expected, expected.dropFirst()) {
            let before = Instant(microseconds: later.microseconds - 1)
            #expect(schedule.latest(atOrBefore: before) == earlier)
        }
        let after = try instant(vector.after)
        #expect(schedule.count(after: after, through: last) == 3)
        #expect(schedule.newestSlots(after: after, through: last, limit: 9) == expected)
        #expect(
            schedule.newestSlots(after: after, through: last, limit: 2)
                == Array(expected.suffix(2)))
    }

    @Test(arguments: Vector.all.filter { $0.kind == "reject" })
    func refused(_ vector: Vector) throws {
        let error = #expect(throws: ExpressionError.self) {
            try CronExpression(vector.expr, options: vector.options)
        }
        let refusal = try #require(error)
        #expect(refusal.offset >= 0)
        #expect(refusal.offset + refusal.length <= vector.expr.count)
    }
}

extension Instant {
    /// 9999-12-31T23:59:59Z.
    static let distantEnd = Instant(seconds: 253_402_300_799)
}
