/// A runner's process, as its worker knows it: no two ever have the same.
struct RunnerID: Hashable {
    var number: UInt64
}
