import Glibc
import SpoolCommand
import SpoolSystem

ProcessControl.reserveStandardStreams()
exit(SpoolTool.main(Array(ProcessControl.arguments.dropFirst()), console: .own()))
