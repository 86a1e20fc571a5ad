// Swift's runtime does two things before main() that this program has no use for, and that take a tenth of the time of a
// submission: it reads /proc/self/maps to find the arguments, and looks in ten places for the program that writes
// backtraces. Only examples/packaging/build defines this name, and only for versions of Swift that it was tried with.
#ifdef SPOOL_RUNTIME_START
#include "CSpoolSystem.h"

/// The source of `CommandLine.arguments`. A linker that has this one leaves out the runtime's file, whose initializer
/// reads /proc/self/maps. It is weak: a runtime that needs that file for something else has its own.
__attribute__((weak)) char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
    return spool_arguments(count);
}

/// The linker puts this in the place of `swift_copyAuxiliaryExecutablePath`, by `--wrap`. That program isn't there, as on
/// each machine without Swift. A crash says what went wrong all the same.
char *__wrap_swift_copyAuxiliaryExecutablePath(const char *name) {
    (void)name;
    return 0;
}
#else
// A file of C holds one declaration at least.
typedef int spool_runtime_start_is_left_out;
#endif
