import SpoolSystem

/// A library with which a program finds that processes or descriptors have run out, for as long as a file is there that
/// names the call: `no-fork`, `no-open`, `no-dup`.
package enum Scarcity {
    private static let variable = "SPOOL_SCARCITY"

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdarg.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/types.h>
        #include <unistd.h>

        static int is_scarce(const char *call) {
            const char *directory = getenv("\(variable)");
            char path[4096];
            if (!directory) return 0;
            snprintf(path, sizeof path, "%s/no-%s", directory, call);
            return access(path, F_OK) == 0;
        }

        pid_t fork(void) {
            pid_t (*next)(void) = dlsym(RTLD_NEXT, "fork");
            if (!is_scarce("fork")) return next();
            errno = EAGAIN;
            return -1;
        }

        static int opens(const char *name, const char *path, int flags, int mode) {
            int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
            size_t length = strlen(path);
            if (length < 6 || strcmp(path + length - 6, "/input") || !is_scarce("open"))
                return next(path, flags, mode);
            errno = EMFILE;
            return -1;
        }

        int open(const char *path, int flags, ...) {
            va_list list;
            va_start(list, flags);
            int mode = va_arg(list, int);
            va_end(list);
            return opens("open", path, flags, mode);
        }

        int open64(const char *path, int flags, ...) {
            va_list list;
            va_start(list, flags);
            int mode = va_arg(list, int);
            va_end(list);
            return opens("open64", path, flags, mode);
        }

        static int controls(const char *name, int file, int command, long argument) {
            int (*next)(int, int, ...) = dlsym(RTLD_NEXT, name);
            if (command != F_DUPFD_CLOEXEC || !is_scarce("dup")) return next(file, command, argument);
            errno = EMFILE;
            return -1;
        }

        int fcntl(int file, int command, ...) {
            va_list list;
            va_start(list, command);
            long argument = va_arg(list, long);
            va_end(list);
            return controls("fcntl", file, command, argument);
        }

        int fcntl64(int file, int command, ...) {
            va_list list;
            va_start(list, command);
            long argument = va_arg(list, long);
            va_end(list);
            return controls("fcntl64", file, command, argument);
        }

        """

    /// Makes the library.
    ///
    /// - Returns: its path; nil where there is no compiler, or the program is static and loads nothing.
    package static func make(for binary: String, in directory: String) throws -> String? {
        try Preload.make("scarcity", source, for: binary, in: directory)
    }

    /// What a program's environment has more then.
    ///
    /// - Parameter directory: where the files are looked for.
    package static func environment(library: String, directory: String) -> [String: String] {
        ["LD_PRELOAD": library, variable: directory]
    }
}
