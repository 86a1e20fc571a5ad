/// A tracer of system calls: runs programs under ptrace(2) and stops them before the calls that the
/// caller has named, so that it can look, let go, kill, or make the call fail. Mechanism only.
///
/// The calls are picked by a seccomp filter in the traced programs, so that all others run at full speed.
/// A process that traces must be single-threaded and have no children but those started here.
#ifndef C_SPOOL_TRACE_H
#define C_SPOOL_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum trace_kind {
    TRACE_CALL = 1,    ///< a named call is about to be made
    TRACE_RETURN = 2,  ///< it has returned; `result` is its value, or -errno
    TRACE_FORK = 3,    ///< the process has a new child, `child`
    TRACE_EXEC = 4,    ///< the process runs another program now
    TRACE_END = 5,     ///< the process is gone; `result` is its wait status
};

struct trace_event {
    int kind;
    pid_t pid;
    pid_t child;
    int64_t number;      ///< of the system call
    uint64_t arguments[6];
    int64_t result;
};

/// Starts a program under the tracer.
///
/// - calls: the numbers of the calls to stop before, `count` of them.
/// - standard: descriptors for its 0, 1 and 2.
/// Returns the pid, or -1.
pid_t trace_start(const char *path, char *const *arguments, char *const *environment,
    const char *directory, const int standard[3], const int *calls, int count);

/// Waits for the next event of any traced process. The process stands still until it is let go.
/// Returns 1, or 0 when no process is left, or -1 (EINTR: a signal, such as that of a deadline, came).
int trace_next(struct trace_event *event);

/// As trace_next, but only of one process.
int trace_next_of(pid_t pid, struct trace_event *event);

/// Lets a process go until its next event.
int trace_go(pid_t pid);
/// Lets a call be made, and stops the process when it has returned.
int trace_go_to_return(pid_t pid);
/// Makes the call return -1 with this errno, without having been made. The process goes on with trace_go.
int trace_fail(pid_t pid, int code);
/// Gives a call another third argument: the number of bytes of read(2) and write(2).
int trace_set_count(pid_t pid, uint64_t count);
/// Kills the process, as kill -9 does. A call that it was about to make isn't made.
int trace_kill(pid_t pid);

/// Reads the memory of a stopped process. Returns the number of bytes.
ssize_t trace_read(pid_t pid, uint64_t address, void *buffer, size_t size);

/// Writes to it.
ssize_t trace_write(pid_t pid, uint64_t address, const void *buffer, size_t size);

/// A call that this machine's kernel doesn't have.
#define TRACE_ABSENT -2
/// A name that the table of this library lacks.
#define TRACE_UNKNOWN -1

/// The number of a system call by its name, or TRACE_ABSENT, or TRACE_UNKNOWN.
int trace_call_number(const char *name);

/// Whether this machine allows it (some containers forbid ptrace(2)): 0, or -1 with errno.
int trace_is_possible(void);

/// SIGALRM after so many milliseconds interrupts trace_next(); 0 switches it off.
int trace_set_deadline(int64_t milliseconds);

/// A file without a name, in memory: memfd_create(2), closed on exec.
int trace_memory_file(void);

/// The same open file as a descriptor of another process, with the locks that it has (pidfd_getfd(2)).
/// Returns -1 with errno where that is not allowed.
int trace_take_descriptor(pid_t pid, int number);

#endif
