import Glibc
import SpoolCommand

SpoolTool.prepareProcess()
exit(SpoolTool.main(console: Console()))
