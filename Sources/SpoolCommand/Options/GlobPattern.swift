/// A pattern as shells have it for names: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` before what is meant as it is.
struct GlobPattern {
    private enum Piece {
        case one(Unicode.Scalar)
        case anyOne
        case any
        case set([ClosedRange<Unicode.Scalar>], isInverted: Bool)

        func fits(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .one(let wanted): wanted == scalar
            case .anyOne, .any: true
            case .set(let ranges, let isInverted):
                ranges.contains { $0.contains(scalar) } != isInverted
            }
        }

        var isAny: Bool { if case .any = self { true } else { false } }
    }

    private var pieces: [Piece] = []

    init(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*": pieces.append(.any)
            case "?": pieces.append(.anyOne)
            case "[":
                if let set = GlobPattern.set(scalars, &index) {
                    pieces.append(set)
                } else {
                    pieces.append(.one(scalar))
                }
            case "\\" where index < scalars.count:
                pieces.append(.one(scalars[index]))
                index += 1
            default: pieces.append(.one(scalar))
            }
        }
    }

    /// - Parameter index: behind the bracket; behind the closing one after it.
    /// - Returns: nil if none closes it, so that it stands for itself.
    private static func set(_ scalars: [Unicode.Scalar], _ index: inout Int) -> Piece? {
        var next = index
        var isInverted = false
        if next < scalars.count, scalars[next] == "!" || scalars[next] == "^" {
            isInverted = true
            next += 1
        }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        let start = next
        while next < scalars.count {
            let scalar = scalars[next]
            if scalar == "]", next > start {
                index = next + 1
                return .set(ranges, isInverted: isInverted)
            }
            if next + 2 < scalars.count, scalars[next + 1] == "-", scalars[next + 2] != "]" {
                if scalar <= scalars[next + 2] { ranges.append(scalar...scalars[next + 2]) }
                next += 3
            } else {
                ranges.append(scalar...scalar)
                next += 1
            }
        }
        return nil
    }

    /// Whether the whole text fits.
    func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var (piece, index) = (0, 0)
        // The place to go on from if the rest after the last star doesn't fit: the star takes one more.
        var retry: (piece: Int, index: Int)?
        while index < scalars.count {
            if piece < pieces.count, pieces[piece].isAny {
                retry = (piece + 1, index)
                piece += 1
            } else if piece < pieces.count, pieces[piece].fits(scalars[index]) {
                piece += 1
                index += 1
            } else if let last = retry {
                retry = (last.piece, last.index + 1)
                (piece, index) = (last.piece, last.index + 1)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy(\.isAny)
    }
}
