extension String {
    /// Whether the two are the same bytes. To `==`, two spellings of one text are equal: an é may be one scalar or two.
    /// The system tells them apart, in paths, arguments and variables.
    package func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension Dictionary where Key == String {
    /// The name that stands here in another spelling, for which no second value has room.
    package func otherSpelling(of name: String) -> String? {
        guard let index = index(forKey: name), !keys[index].isExactly(name) else { return nil }
        return keys[index]
    }

    /// Sets a value under a name as it is spelled now. Plain assignment would keep the former spelling.
    package mutating func set(_ value: Value, exactly name: String) {
        guard let index = index(forKey: name) else {
            self[name] = value
            return
        }
        if keys[index].isExactly(name) {
            values[index] = value
        } else {
            remove(at: index)
            self[name] = value
        }
    }
}
