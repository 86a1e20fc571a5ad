import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// Bytes that aren't UTF-8, wherever a command takes text from: refused, and named; nothing is put in their place.
struct NonUTF8Tests {
    private func expectRefusal(
        _ spool: TemporarySpool, _ line: String, _ parts: String...
    ) throws {
        let result = try spool.shell(line)
        #expect(result.status == 65, "\(line): \(result.errorText)")
        #expect(result.output.isEmpty, "\(line): \(result.text)")
        for part in parts {
            #expect(result.errorText.contains(part), "\(line): \(result.errorText)")
        }
        #expect(!result.errorText.contains("\u{fffd}"), "\(line)")
        #expect(try spool.names("incoming").isEmpty, "\(line)")
    }

    @Test func argumentsAreRefusedByTheirNumber() throws {
        let spool = try TemporarySpool()
        let bad = #""$(printf 'caf\351')""#
        let name = #"$'caf\xe9'"#
        try expectRefusal(
            spool, "spool run -- rm \(bad)", "argument 4, \(name)", #""$(printf 'caf\351')""#)
        for words in [
            "run -c \(bad)", "run -n \(bad) -- true", "run -e A=\(bad) -- true",
            "run -C /tmp/\(bad) -- true", "run -i \(bad) -- true", "submit \(bad)", "list \(bad)",
            "status \(bad)", "logs \(bad)", "cancel \(bad)", "edit x name=\(bad)", "-D \(bad) list",
            "--dir=\(bad) list", "init \(bad)", "cron edit \(bad)", "cron explain \(bad)",
            "\(bad)", "help \(bad)", "list --\(bad)", "worker -q \(bad)",
        ] { try expectRefusal(spool, "spool \(words)", "argument ", #"caf\xe9"#) }
    }

    /// What was removed then was another file.
    @Test func noOtherFileIsTakenForTheOneThatIsMeant() throws {
        let spool = try TemporarySpool()
        let other = spool.home + "/caf\u{fffd}"
        try FileTree.write(other, [])
        _ = try spool.shell(#"spool run -- rm "$(printf 'caf\351')""#)
        try spool.runWorker("-j", "1")
        #expect(FileTree.exists(other))
        // The way out that the message shows.
        try FileTree.check(
            try spool.shell(#"touch "$(printf 'caf\351')""#).status == 0 ? 0 : -1, "touch")
        _ = try spool.shell(#"spool run -c 'rm "$(printf "caf\351")"'"#)
        try spool.runWorker("-j", "1")
        #expect(FileTree.exists(other))
        #expect(try spool.shell(#"test -e "$(printf 'caf\351')""#).status == 1)
    }

    @Test func variablesAreRefusedByTheirName() throws {
        let spool = try TemporarySpool()
        let set = #"export FOO="$(printf 'x\377y')"; "#
        try expectRefusal(
            spool, set + "spool run -- true", "variable FOO", #"$'x\xffy'"#, "env -u FOO spool run",
            "--env FOO=", "--clean-env")
        try expectRefusal(spool, set + "spool run --clean-env -e FOO -- true", "variable FOO")
        try expectRefusal(
            spool, #"export SPOOL_DIR="/tmp/$(printf '\351')"; spool list"#, "SPOOL_DIR")
        try expectRefusal(
            spool, #"export EDITOR="$(printf '\351')"; spool cron edit"#, "variable EDITOR")
        try expectRefusal(
            spool, #"env "$(printf 'F\351=1')" \#(TemporarySpool.binary) run -- true"#,
            #"$'F\xe9=1'"#, "--clean-env")
        for way in [
            "env -u FOO \(TemporarySpool.binary) run -- true", "spool run -e FOO=text -- true",
            "spool run --clean-env -- true",
            // Others don't need it, and neither do jobs.
            "spool list", "export SPOOL_FOO=\"$FOO\"; unset FOO; spool run -- true",
            "export OLDPWD=\"$FOO\"; unset FOO; spool run -- true",
        ] {
            let result = try spool.shell(set + way)
            #expect(result.status == 0, "\(way): \(result.errorText)")
        }
    }

    @Test func textOfStandardInputIsRefusedByItsLine() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try expectRefusal(
            spool, #"printf 'echo\necho \351\n' | spool run -c -"#, "standard input, line 2",
            #"$'echo \xe9'"#)
        try expectRefusal(spool, #"printf '\351\n' | spool cancel -"#, "standard input, line 1")
        try expectRefusal(
            spool, #"printf '{"command":"caf\351"}' | spool submit -"#, "not UTF-8")
        try expectRefusal(spool, #"printf 'echo a\0b' | spool run -c -"#, "NUL")
    }

    @Test func bytesOfStandardInputAreKept() throws {
        let spool = try TemporarySpool()
        let id = try spool.shell(#"printf 'caf\351' | spool run -i - -- cat"#).line
        try spool.runWorker("-j", "1")
        #expect(try spool.run("logs", id).output == Array("caf".utf8) + [0xe9])
    }

    @Test func aWorkingDirectoryIsRefused() throws {
        let spool = try TemporarySpool()
        let enter = #"mkdir "$(printf 'd\351')"; cd "$(printf 'd\351')"; "#
        try expectRefusal(spool, enter + "spool run -- true", #"/d\xe9'"#, "working directory")
        for way in ["run -C / -- true", "list -a", "submit /dev/stdin", "list --project ."] {
            let input = #"echo '{"command": "true"}' | "#
            let result = try spool.shell(enter + input + "spool " + way)
            #expect(result.status == (way.hasSuffix(".") ? 65 : 0), "\(way): \(result.errorText)")
        }
    }

    /// A daemon that is started for want of a worker has nothing of its caller's.
    @Test func aStartedDaemonLeavesOutWhatJobsCannotBeGiven() throws {
        let spool = try TemporarySpool()
        let line = #"""
            export LC_FOO="$(printf '\351')"; spool run --wait --clean-env -e PATH -c 'echo "${LC_FOO-unset}"'
            """#
        let result = try spool.shell(line, environment: ["SPOOL_AUTOSTART": "yes"])
        #expect(result.status == 0, "\(result.errorText)")
        #expect(try spool.run("logs", result.line).text == "unset\n")
        #expect(try !spool.read("logs/daemon.log").contains("LC_FOO"))
    }

    @Test func aNameIsShownAsItsBytes() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        _ = try spool.shell("echo '{}' >\"$SPOOL_DIR/incoming/$(printf 'x\\351.json')\"")
        let result = try spool.runWorker("-j", "1")
        #expect(result.status == 0)
        let rejected = try #require(
            try spool.names("dead-letter").first { $0.hasSuffix(".reason") })
        #expect(try spool.read("dead-letter/" + rejected).contains(#"incoming/$'x\xe9.json'"#))
    }

    @Test(arguments: [
        ([UInt8](), "$''", #""$(printf '')""#),
        (Array("caf".utf8) + [0xe9], #"$'caf\xe9'"#, #""$(printf 'caf\351')""#),
        (
            [0x2d, 0xff, 0x25, 0x27, 0x5c, 0x0a], #"$'-\xff%\'\\\n'"#,
            #""$(printf '\055\377\045\047\134\012')""#
        ),
        (Array("é".utf8) + [0x80], #"$'é\x80'"#, #""$(printf '\303\251\200')""#),
        (
            [0xe2, 0x82, 0x41, 0x1b, 0xc2, 0x9b], #"$'\xe2\x82A\x1b\xc2\x9b'"#,
            #""$(printf '\342\202A\033\302\233')""#
        ),
    ])
    func bytesAsAShellReadsThem(_ bytes: [UInt8], _ quoted: String, _ word: String) {
        #expect(NonUTF8Text(bytes).quoted == quoted)
        #expect(NonUTF8Text(bytes).shellWord == word)
    }
}
