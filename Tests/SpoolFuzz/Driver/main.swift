import Glibc
import SpoolFuzzProperties

/// libFuzzer's loop (https://llvm.org/docs/LibFuzzer.html, "using libFuzzer as a library").
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ check: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

func say(_ text: String) {
    let line = "spool-fuzz: \(text)\n"
    _ = write(2, line, line.utf8.count)
}

/// spool-fuzz TARGET [libFuzzer's options and directories]; alone, it names the targets.
var words = CommandLine.arguments
guard words.count > 1 else {
    for target in FuzzTarget.all { print(target.name) }
    exit(0)
}
guard let chosen = FuzzTarget.named(words.remove(at: 1)) else {
    say("no such target; one of \(FuzzTarget.all.map(\.name).joined(separator: " "))")
    exit(64)
}
let target = chosen
words.append("-max_len=\(target.longest)")
var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
var count = CInt(words.count)
let status = arguments.withUnsafeMutableBufferPointer { buffer in
    var start = buffer.baseAddress
    return withUnsafeMutablePointer(to: &start) { pointer in
        runFuzzer(&count, pointer) { bytes, length in
            do {
                try target.check(Array(UnsafeBufferPointer(start: bytes, count: length)))
            } catch {
                say("\(target.name): \(error)")
                abort()
            }
            return 0
        }
    }
}
exit(status)
