import Glibc
import SpoolCommand
import SpoolSystem

StandardStreams.reserve()
FirstProcess.goOnInChild()
exit(SpoolTool.main(console: Console()))
