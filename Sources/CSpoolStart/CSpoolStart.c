/// Swift's library does two things before main() that this program has no use for, and that take a tenth of the time of
/// its start: it looks for the program that writes backtraces, in ten places, and it reads /proc/self/maps to find the
/// arguments. And glibc asks where the program lies, for libraries that are loaded from there. Where these names are
/// defined already, a linker leaves the files of the libraries out that do so. They are weak, so that the libraries' own
/// are taken where another version needs these files for something else.
#include "CSpoolStart.h"

#ifdef IS_STATIC
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CSpoolSystem.h"

/// What `CommandLine` is made of.
__attribute__((weak)) char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
    return spool_arguments(count);
}

/// Larger than the library's own. All zero: no backtraces, as on each machine without Swift. What went wrong is said all
/// the same.
__attribute__((weak)) uint64_t _swift_backtraceSettings[32] = {0};

/// What Swift's own backtraces ask for, which nothing here makes.
__attribute__((weak)) bool _swift_backtrace_isThunkFunction(const char *name) {
    (void)name;
    return false;
}

__attribute__((weak)) char *_swift_backtrace_demangle(
    const char *name, size_t length, char *buffer, size_t *size) {
    (void)name, (void)length, (void)buffer, (void)size;
    return NULL;
}

/// The directory of this program: unknown. Of the paths of libraries, only those with $ORIGIN need it.
__attribute__((weak)) const char *_dl_get_origin(void) { return (const char *)-1; }
#endif
