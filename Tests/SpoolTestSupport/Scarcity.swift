import SpoolSystem

/// A library with which a program finds that processes, memory or descriptors have run out, for as long as a file is
/// there that names the call: `no-fork`, `no-open`, `no-dup`, or `no-exec`, by which nothing can be executed in a process
/// that is forked meanwhile.
package enum Scarcity {
    private static let variable = "SPOOL_SCARCITY"

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stdarg.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <sys/types.h>
        #include <unistd.h>

        static int is_scarce(const char *call) {
            const char *directory = getenv("\(variable)");
            char path[4096];
            if (!directory) return 0;
            snprintf(path, sizeof path, "%s/no-%s", directory, call);
            return access(path, F_OK) == 0;
        }

        static void refuse_exec(void) {
            struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            };
            struct sock_fprog program = {4, filter};
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
                perror("seccomp");
        }

        pid_t fork(void) {
            pid_t (*next)(void) = dlsym(RTLD_NEXT, "fork");
            if (!is_scarce("fork")) {
                pid_t child = next();
                if (child == 0 && is_scarce("exec")) refuse_exec();
                return child;
            }
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
