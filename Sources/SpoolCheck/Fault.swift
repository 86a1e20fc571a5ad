import Spool

/// A fault of one file, and a way to mend it.
package struct Fault {
    /// How a mend came about; nil: it couldn't be done now.
    package enum Mend {
        /// By a change of state, which has its line in the history.
        case moved(String)
        case changed(String)

        var text: String {
            switch self {
            case .moved(let text), .changed(let text): text
            }
        }
    }

    let code: SpoolCheck.Finding.Code
    let severity: SpoolCheck.Finding.Severity
    let path: String
    let message: String
    let job: JobID?
    let mend: (() throws(SpoolError) -> Mend?)?

    /// - Parameter severity: nil: that of the code.
    package init(
        _ code: SpoolCheck.Finding.Code, _ path: String, _ message: String, job: JobID? = nil,
        severity: SpoolCheck.Finding.Severity? = nil,
        mend: (() throws(SpoolError) -> Mend?)? = nil
    ) {
        self.code = code
        self.severity = severity ?? code.severity
        self.path = path
        self.message = message
        self.job = job
        self.mend = mend
    }
}

extension Fault {
    static func link(_ path: String) -> Fault {
        Fault(.notADirectory, path, "this is a symbolic link, and nobody looks behind it")
    }
}
