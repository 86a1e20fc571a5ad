import Glibc
import SpoolCommand
import SpoolSystem

ProcessControl.reserveStandardStreams()
FirstProcess.goOnInChild()
exit(SpoolTool.main(console: Console()))
