/// Swift's runtime does two things before main() that this program has no use for, and that take a tenth of the time of a
/// submission: it reads /proc/self/maps to find the arguments, and looks in ten places for the program that writes
/// backtraces. `build` links this file before the runtime, for the versions of Swift that it was tried with.

static int count;
static char **list;

/// Called before main() with the same arguments, as glibc does.
__attribute__((constructor)) static void keep_arguments(int given, char **arguments) {
    count = given;
    list = arguments;
}

/// The source of `CommandLine.arguments`. The linker takes this one and leaves the runtime's file out, whose initializer
/// reads /proc/self/maps. It is weak: a runtime that needs its file for something else keeps its own.
__attribute__((weak)) char **_swift_stdlib_getUnsafeArgvArgc(int *given) {
    *given = count;
    return list;
}

/// The linker puts this in the place of `swift_copyAuxiliaryExecutablePath`, with `--wrap`: the program isn't there, as on
/// each machine without Swift. A crash says what went wrong all the same.
char *__wrap_swift_copyAuxiliaryExecutablePath(const char *name) {
    (void)name;
    return 0;
}
