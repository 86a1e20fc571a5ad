/// The rule of the fields that hold any JSON: no reader of a job's file would take a deeper value.
enum DepthRule {
    static func payload(_ value: JSONValue, _: Job) throws(SpoolError) {
        try require(value, "payload")
    }

    static func metadata(_ value: JSONValue, _: Job) throws(SpoolError) {
        try require(value, "metadata")
    }

    private static func require(_ value: JSONValue, _ field: String) throws(SpoolError) {
        guard !value.fitsIntoField else { return }
        throw JobCheck.invalid(
            field, "is nested too deep: a job has \(JSONSyntax.depthLimit) levels at most")
    }
}
