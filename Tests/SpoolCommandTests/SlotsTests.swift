import Glibc
import Spool
import SpoolTestSupport
import Testing

/// `spool slots`, and what tells workers and daemons something while they live.
struct SlotsTests {
    private let wanted = ["SPOOL_AUTOSTART": "yes"]

    @Test func changesOneSettingOnly() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("settings.json", "{\"heartbeat\": \"7s\", \"slots\": 2}")
        #expect(try spool.run("slots").line == "2")
        #expect(try spool.run("slots", "5").status == 0)
        #expect(try spool.run("slots").line == "5")
        let fields = try #require(
            try spool.objects(spool.read("settings.json").split(separator: "\n").joined()).first)
        #expect(fields == ["heartbeat": "7s", "slots": 5])
        #expect(try spool.run("slots", "default").status == 0)
        let shown = try spool.run("slots")
        #expect(shown.status == 0 && shown.errorText.contains("as many as there are processors"))
        #expect(try spool.read("settings.json").contains("7s"))
    }

    /// A machine may have more processors than a worker may have slots.
    @Test(.enabled(if: Preload.isPossible, "no C compiler, or the program is static"))
    func theDefaultIsAPossibleNumber() throws {
        let spool = try TemporarySpool()
        let source = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <unistd.h>

            long sysconf(int name) {
                long (*next)(int) = dlsym(RTLD_NEXT, "sysconf");
                return name == _SC_NPROCESSORS_ONLN ? 1152 : next(name);
            }

            """
        let library = try #require(
            try Preload.make("processors", source, for: TemporarySpool.binary, in: spool.base))
        let large = ["LD_PRELOAD": library]
        #expect(try spool.run("init").status == 0)
        let worker = spool.keep(try spool.start(["worker"], environment: large))
        try spool.wait("it registers") { try !spool.names("workers").isEmpty }
        #expect(try spool.open().workers().map(\.slots) == [1024])
        #expect(try spool.run("check").status == 0)
        let shown = try spool.run(["slots"], environment: large)
        #expect(shown.line == "1024")
        #expect(
            shown.errorText
                == "spool: settings.json says nothing: as many as there are processors, 1024 at most\n"
        )
        #expect(try spool.run(["slots", "default"], environment: large).errorText.isEmpty)
        #expect(
            try spool.run("daemon", "--reload").errorText
                == "spool: worker (pid \(worker.pid)) reads settings.json again\n")
    }

    @Test(arguments: ["0", "1025", "-1", "many", "", "4.5"])
    func refusesWhatIsNoNumber(_ count: String) throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        #expect(try spool.run("slots", "--", count).status == 64)
        #expect(!spool.exists("settings.json"))
    }

    @Test func aBadNumberMakesNoSpool() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("slots", "many").status == 64)
        #expect(!FileTree.exists(spool.path))
    }

    /// What is bad already isn't replaced by something that hides it.
    @Test(arguments: ["", "{\"slots\": 3", "[]", "{\"slots\": 0}", "{\"slot\": 3}"])
    func leavesABadFileAsItIs(_ text: String) throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("settings.json", text)
        let result = try spool.run("slots", "3")
        #expect(result.status == 65 && result.errorText.contains("settings.json"))
        #expect(try spool.read("settings.json") == text)
        #expect(try spool.run("daemon", "--reload").status == 65)
    }

    @Test func workersNotice() throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        #expect(try spool.run("init").status == 0)
        #expect(try spool.run("slots", "1").status == 0)
        let worker = try spool.startWorker()
        let fixed = try spool.startWorker("-j", "1", "-q", "other")
        for _ in 0..<3 { _ = try spool.submit("-c", "read line < gate") }
        try spool.wait("one runs") { try spool.ids(in: .running).count == 1 }
        let result = try spool.run("slots", "3")
        #expect(result.status == 0)
        #expect(
            result.errorText.contains(
                "worker (pid \(fixed.pid)) has 1: it was started with --slots"))
        #expect(!result.errorText.contains("pid \(worker.pid)"))
        try spool.wait("all run") { try spool.ids(in: .running).count == 3 }
        // By hand, and in place.
        try spool.write("settings.json", "{\"slots\": 1023}")
        try spool.wait("it has so many slots") {
            try spool.open().workers().contains { $0.slots == 1023 && $0.process.pid == worker.pid }
        }
        try spool.remove("settings.json")
        try spool.wait("the default is back") {
            try spool.open().workers().allSatisfy { $0.slots != 1023 }
        }
        // What can't be read changes nothing.
        try spool.write("settings.json", "{\"slots\": 2")
        try spool.wait("it has said so") {
            String(decoding: try worker.errorSoFar(), as: UTF8.self).contains(
                "the settings stay as they were")
        }
    }

    @Test func stopsTheDaemon() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let id = try spool.run(["run", "-c", "read line < gate"], environment: wanted).line
        try spool.wait(for: id, in: .running)
        let pid = try #require(try spool.open().workers().first).process.pid
        let worker = try spool.startWorker("-q", "other")
        let result = try spool.run("daemon", "--stop")
        #expect(result.status == 0)
        #expect(
            result.errorText
                == "spool: the daemon (pid \(pid)) has ended; what runs goes on: 1 job\n")
        #expect(try spool.open().workers().map(\.process.pid) == [worker.pid])
        #expect(try spool.place(of: id) == .running)
        let again = try spool.run("daemon", "--stop")
        #expect(again.status == 0)
        #expect(again.errorText.contains("no daemon is running; 'spool worker' started these"))
        #expect(try spool.run("daemon", "--stop", "-j", "2").status == 64)
        #expect(try spool.run("daemon", "--stop", "--reload").status == 64)
        try gate.open()
        try spool.wait("its end is recorded") { try spool.place(of: id) == .done }
    }

    @Test func waitsForADaemonThatDrains() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        #expect(try spool.run("daemon", "--reload").errorText.contains("no worker is running"))
        let daemon = try spool.start("daemon", "--drain", "-j", "1")
        try spool.wait("it registers") { try !spool.names("workers").isEmpty }
        let reload = try spool.run("daemon", "--reload")
        #expect(reload.errorText.contains("worker (pid \(daemon.pid)) reads settings.json again"))
        try spool.wait("it has read them") {
            String(decoding: try daemon.errorSoFar(), as: UTF8.self).contains("settings read again")
        }
        #expect(try spool.run("daemon", "--stop").status == 0)
        #expect(try daemon.wait().status == 0)
    }
}
