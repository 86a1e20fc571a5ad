import SpoolSystem

/// A namespace of pids of its own, as a container has it.
package enum PIDNamespace {
    /// What a command begins with that is to be its first process.
    package static let unshare = ["unshare", "--pid", "--fork", "--mount-proc"]

    /// Whether one can be made here.
    package static let isPossible = ProcessControl.run(unshare + ["true"]) == 0
}
