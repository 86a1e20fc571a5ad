import Spool
import SpoolCheck
import SpoolRunner

let checkCommand = CommandTable(
    "check", "verify the whole structure of the spool", operands: "",
    options: [
        Option("repair", nil, nil, "repair what can be repaired without loss"),
        Option("json", nil, nil, "a JSON object a line"),
    ]
) { invocation throws(SpoolError) in
    let request = try CheckRequest(invocation)
    var view = CheckView(isJSON: invocation.has("json"), invocation.console)
    let unjudgedCount = try request.perform(in: invocation.context) { finding throws(SpoolError) in
        try view.show(finding)
    }
    return view.end(unjudgedCount: unjudgedCount)
}

package struct CheckRequest {
    package let isRepairing: Bool

    package init(isRepairing: Bool = false) {
        self.isRepairing = isRepairing
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        try invocation.refuseOperands()
        isRepairing = invocation.has("repair")
    }

    /// - Returns: how many files could not be judged yet.
    package func perform(
        in context: Context, _ take: (SpoolCheck.Finding) throws(SpoolError) -> Void
    ) throws(SpoolError) -> Int {
        let spool = try context.openSpool(create: false)
        return try SpoolCheck(spool, more: [SettingsCheck.self]).run(isRepairing: isRepairing) {
            finding throws(SpoolError) in
            try take(finding)
        }
    }
}
