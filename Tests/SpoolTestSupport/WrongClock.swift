import SpoolSystem

/// A library that makes the wall clock of one program wrong, with its alarms, while the kernel's, which dates
/// the files, stays right: as where a clock has been set. The machine's own clock belongs to others too.
package enum WrongClock {
    private static let variable = "SPOOL_WRONG_CLOCK"

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdlib.h>
        #include <sys/timerfd.h>
        #include <time.h>

        static char is_real[1024];

        static time_t shift(void) {
            const char *seconds = getenv("\(variable)");
            return seconds ? atol(seconds) : 0;
        }

        int clock_gettime(clockid_t clock, struct timespec *time) {
            int (*next)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
            int result = next(clock, time);
            if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += shift();
            return result;
        }

        int timerfd_create(int clock, int flags) {
            int (*next)(int, int) = dlsym(RTLD_NEXT, "timerfd_create");
            int file = next(clock, flags);
            if (file >= 0 && file < (int)sizeof is_real) is_real[file] = clock == CLOCK_REALTIME;
            return file;
        }

        int timerfd_settime(int file, int flags, const struct itimerspec *value,
                            struct itimerspec *old) {
            int (*next)(int, int, const struct itimerspec *, struct itimerspec *) =
                dlsym(RTLD_NEXT, "timerfd_settime");
            struct itimerspec shifted = *value;
            int is_set = value->it_value.tv_sec || value->it_value.tv_nsec;
            if (is_set && file < (int)sizeof is_real && is_real[file] && flags & TFD_TIMER_ABSTIME) {
                shifted.it_value.tv_sec -= shift();
                if (shifted.it_value.tv_sec < 0) shifted.it_value.tv_sec = 0;
            }
            return next(file, flags, &shifted, old);
        }

        """

    /// Makes the library.
    ///
    /// - Returns: its path; nil where there is no compiler, or the program is static and loads nothing.
    package static func make(for binary: String, in directory: String) throws -> String? {
        try Preload.make("wrong-clock", source, for: binary, in: directory)
    }

    /// What a program's environment has more then.
    package static func environment(library: String, seconds: Int) -> [String: String] {
        ["LD_PRELOAD": library, variable: "\(seconds)"]
    }
}
