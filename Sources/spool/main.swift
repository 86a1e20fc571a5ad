import Glibc
import SpoolCommand
import SpoolSystem

ProcessControl.reserveStandardStreams()
exit(SpoolTool.main(console: Console()))
