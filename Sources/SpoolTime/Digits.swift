/// A number with leading zeros.
package func digits(_ number: Int, _ width: Int) -> String {
    String(unsafeUninitializedCapacity: 24) { buffer in
        var writer = DigitWriter(buffer)
        writer.write(number, width: width)
        return writer.count
    }
}

/// Writes numbers with leading zeros into a buffer that has room for them.
struct DigitWriter {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    /// - Parameter width: the least number of digits, without the sign.
    mutating func write(_ number: Int, width: Int) {
        if number < 0 { write("-") }
        var rest = number.magnitude
        var length = 1
        var power: UInt = 10
        while length < 19, rest >= power {
            length += 1
            power *= 10
        }
        let size = max(width, length)
        for place in (count..<count + size).reversed() {
            buffer[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += size
    }

    mutating func write(_ text: StaticString) {
        text.withUTF8Buffer { bytes in
            for byte in bytes {
                buffer[count] = byte
                count += 1
            }
        }
    }
}

/// Reads fixed-width ASCII digits and single characters, in order.
package struct DigitReader {
    private var rest: ArraySlice<UInt8>

    package init(_ text: some StringProtocol) {
        rest = Array(text.utf8)[...]
    }

    package var isAtEnd: Bool { rest.isEmpty }

    package mutating func take(_ characters: Unicode.Scalar...) -> Bool {
        guard let first = rest.first, characters.contains(Unicode.Scalar(first)) else {
            return false
        }
        rest.removeFirst()
        return true
    }

    package mutating func number(_ width: Int) -> Int? {
        guard rest.count >= width else { return nil }
        var value = 0
        for byte in rest.prefix(width) {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        rest.removeFirst(width)
        return value
    }

    /// Digits after a decimal point, one at least, in microseconds; further ones are cut off.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while let byte = rest.first, (48...57).contains(byte) {
            if count < 6 { value = value * 10 + Int64(byte - 48) }
            count += 1
            rest.removeFirst()
        }
        guard count > 0 else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }
}
