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
    try request.results(in: invocation.context) { finding throws(SpoolError) in
        try view.show(finding)
    }
    return view.end()
}

struct CheckRequest {
    let isRepairing: Bool

    init(_ invocation: Invocation) throws(SpoolError) {
        try invocation.refuseOperands()
        isRepairing = invocation.has("repair")
    }

    func results(
        in context: Context, _ take: (SpoolCheck.Finding) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let spool = try context.openSpool(create: false)
        try SpoolCheck(spool, more: [SettingsCheck.self]).run(isRepairing: isRepairing) {
            finding throws(SpoolError) in
            try take(finding)
        }
    }
}
