import Glibc
import SpoolCommand

exit(SpoolTool.main(Array(CommandLine.arguments.dropFirst()), console: .own()))
