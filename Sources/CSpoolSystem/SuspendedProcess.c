/// Commands that are suspended before their exec, in a process that shares its parent's memory until then. A copy of
/// the memory, as fork(2) makes one, costs more than all else that a short command needs.
///
/// Until its exec such a child may touch nothing of its parent's: no memory but the block that was made for
/// it, no errno, no function of libc that uses either. So it makes its system calls itself.
#define _GNU_SOURCE
#include "CSpoolSystem.h"
#include "RawCall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/// The orders to the process of a command.
enum { SUSPENDED = 0, GO = 1, GIVE_UP = 2 };

/// The block of one command: this, the strings, and the stack of its process. Both processes see what is written
/// here, until the command is executed.
struct spool_suspended {
    size_t size;
    /// One of the orders above: the process waits while it is SUSPENDED.
    _Atomic int order;
    /// Where and why the process couldn't execute the command; the code is 0 unless it couldn't.
    int failed_step;
    int failure;
    pid_t parent;
    struct spool_command command;
    /// Value of PATH in the command's environment.
    const char *path_list;
    /// Signals that this process was started with another action for than the default.
    uint64_t changed_signals;
};

static const size_t stack_size = 64 << 10;

#if SHARES_MEMORY
enum { BLOCK_IS = MAP_PRIVATE, FUTEX_IS = FUTEX_PRIVATE_FLAG };
#else
enum { BLOCK_IS = MAP_SHARED, FUTEX_IS = 0 };
#endif

// MARK: - In the child

_Noreturn static void end_unstarted(void) {
    for (;;) call(SYS_exit_group, 127, 0, 0, 0, 0);
}

_Noreturn static void report(struct spool_suspended *suspended, int step, long result) {
    suspended->failed_step = step;
    suspended->failure = (int)-result;
    end_unstarted();
}

/// Puts `from` at `to` without CLOEXEC, also when they are the same descriptor.
static long place(long from, long to) {
    if (from == to) return call(SYS_fcntl, to, F_SETFD, 0, 0, 0);
    return call(SYS_dup3, from, to, 0, 0, 0);
}

static long close_from(long first) {
    long result = call(SYS_close_range, first, ~0U, 0, 0, 0);
    if (result != -ENOSYS) return result;
    for (long fd = first; fd < 65536; fd++) call(SYS_close, fd, 0, 0, 0, 0);
    return 0;
}

/// How often, and after how many nanoseconds each time, it is tried again to execute a file that somebody writes to:
/// for ten seconds.
enum { BUSY_TRIES = 500, BUSY_PAUSE = 20000000 };

/// execve(2), which whoever is just putting the program there delays, but doesn't make fail.
static long execute_idle(const char *path, const void *words, const void *environment) {
    for (int tries = 0;; tries++) {
        long result = call(SYS_execve, (long)path, (long)words, (long)environment, 0, 0);
        if (result != -ETXTBSY || tries == BUSY_TRIES) return result;
        struct timespec pause = {0, BUSY_PAUSE};
        call(SYS_nanosleep, (long)&pause, 0, 0, 0, 0);
    }
}

/// Executes a file, or, where it is a script without `#!`, the shell with it, as execvp(3) does.
static long execute(const struct spool_command *command, const char *path) {
    long result = execute_idle(path, command->arguments, command->environment);
    if (result != -ENOEXEC) return result;
    int count = 0;
    while (command->arguments[count] != NULL) count++;
    // As long a list as the stack has room for; execve(2) has refused a longer one.
    if (count > 1024) return -E2BIG;
    const char *words[1028] = {"/bin/sh", path};
    for (int i = 1; i <= count; i++) words[i + 1] = command->arguments[i];
    return execute_idle(words[0], words, command->environment);
}

/// Looks for the program in each directory of PATH, as execvp(3) does.
static long execute_by_path(const struct spool_suspended *suspended) {
    const struct spool_command *command = &suspended->command;
    if (strchr(command->path, '/') != NULL) return execute(command, command->path);
    size_t length = 0;
    while (command->path[length] != 0) length++;
    if (length == 0) return -ENOENT;
    if (length > 255) return -ENAMETOOLONG;
    char path[4096 + 256 + 2];
    long answer = -ENOENT;
    for (const char *directory = suspended->path_list;; directory++) {
        size_t size = 0;
        while (directory[size] != 0 && directory[size] != ':') size++;
        if (size < 4096) {
            for (size_t i = 0; i < size; i++) path[i] = directory[i];
            // An empty one is the working directory.
            size_t name = size == 0 ? 0 : size + 1;
            if (size != 0) path[size] = '/';
            for (size_t i = 0; i <= length; i++) path[name + i] = command->path[i];
            long result = execute(command, path);
            switch (-result) {
            case EACCES: answer = result; break;
            case ENOENT: case ENOTDIR: case ESTALE: case ENODEV: case ETIMEDOUT: break;
            default: return result;
            }
        }
        directory += size;
        if (*directory == 0) return answer;
    }
}

static void set_limits(struct spool_suspended *suspended) {
    const struct spool_command *command = &suspended->command;
    if (command->mask >= 0) call(SYS_umask, command->mask, 0, 0, 0, 0);
    if (command->nice != 0) {
        // The kernel answers with 20 less the niceness.
        long answer = call(SYS_getpriority, PRIO_PROCESS, 0, 0, 0, 0);
        if (answer < 0) report(suspended, SPOOL_STEP_LIMIT, answer);
        long wanted = 20 - answer + command->nice;
        long result = call(SYS_setpriority, PRIO_PROCESS, 0, wanted, 0, 0);
        // nice(2) has it otherwise.
        if (result < 0) report(suspended, SPOOL_STEP_LIMIT, result == -EACCES ? -EPERM : result);
    }
    for (int i = 0; i < 16; i++) {
        if (command->limits[i] < 0) continue;
        struct rlimit limit = {(rlim_t)command->limits[i], (rlim_t)command->limits[i]};
        long result = call(SYS_prlimit64, 0, i, (long)&limit, 0, 0);
        if (result < 0) report(suspended, SPOOL_STEP_LIMIT, result);
    }
}

/// Every signal unblocked and with its default action, as a command expects to find them.
static long reset_signals(uint64_t changed) {
    // Handler, flags, restorer and mask, as the kernel has them.
    uint64_t action[8] = {0};
    for (int signal = 1; signal <= 64; signal++) {
        if ((changed >> (signal - 1) & 1) == 0) continue;
        long result = call(SYS_rt_sigaction, signal, (long)action, 0, 8, 0);
        if (result < 0) return result;
    }
    uint64_t none = 0;
    return call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, 8, 0);
}

/// Gives the command its standard descriptors, and no others.
static long place_descriptors(const struct spool_command *command) {
    long numbers[3] = {
        command->standard_input, command->standard_output, command->standard_error};
    // What is in the way of another one moves first.
    for (int i = 0; i < 3; i++) {
        if (numbers[i] > 2 || numbers[i] == i) continue;
        numbers[i] = call(SYS_fcntl, numbers[i], F_DUPFD_CLOEXEC, 10, 0, 0);
        if (numbers[i] < 0) return numbers[i];
    }
    for (int i = 0; i < 3; i++) {
        long result = place(numbers[i], i);
        if (result < 0) return result;
    }
    return close_from(3);
}

/// Until the order comes; without its parent, it never does.
static long await_order(struct spool_suspended *suspended) {
    long result = call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (result < 0) return result;
    // It may have ended before that.
    if (call(SYS_getppid, 0, 0, 0, 0, 0) != suspended->parent) end_unstarted();
    while (atomic_load(&suspended->order) == SUSPENDED) {
        call(SYS_futex, (long)&suspended->order, FUTEX_WAIT | FUTEX_IS, SUSPENDED, 0, 0);
    }
    if (atomic_load(&suspended->order) != GO) end_unstarted();
    // The command lives on without its parent.
    return call(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0);
}

static int child(void *argument) {
    struct spool_suspended *suspended = argument;
    const struct spool_command *command = &suspended->command;
    long result = call(SYS_setsid, 0, 0, 0, 0, 0);
    if (result >= 0) result = place_descriptors(command);
    if (result >= 0) result = await_order(suspended);
    if (result < 0) report(suspended, SPOOL_STEP_SETUP, result);
    set_limits(suspended);
    if (command->directory != NULL) {
        result = call(SYS_chdir, (long)command->directory, 0, 0, 0, 0);
        if (result < 0) report(suspended, SPOOL_STEP_DIRECTORY, result);
    }
    result = reset_signals(suspended->changed_signals);
    if (result < 0) report(suspended, SPOOL_STEP_SETUP, result);
    report(suspended, SPOOL_STEP_EXEC, execute_by_path(suspended));
}

// MARK: - In the parent

/// The signals whose action isn't the default: those that this process was told to ignore when it was started.
/// That stays so, and is found out once.
static uint64_t find_changed_signals(void) {
    static _Atomic bool is_known = false;
    static _Atomic uint64_t known = 0;
    if (is_known) return known;
    uint64_t changed = 0;
    for (int signal = 1; signal <= 64; signal++) {
        struct sigaction action;
        if (sigaction(signal, NULL, &action) != 0 || action.sa_handler == SIG_DFL) continue;
        changed |= (uint64_t)1 << (signal - 1);
    }
    known = changed;
    is_known = true;
    return changed;
}

static size_t measure(char *const *list, size_t *count) {
    size_t bytes = 0;
    for (*count = 0; list[*count] != NULL; ++*count) bytes += strlen(list[*count]) + 1;
    return bytes;
}

/// Copies a list of strings behind the last one.
static char **copy_list(char *const *list, size_t count, char **list_end, char **text_end) {
    char **copy = (char **)(void *)*list_end;
    for (size_t i = 0; i < count; i++) {
        copy[i] = *text_end;
        *text_end = stpcpy(*text_end, list[i]) + 1;
    }
    copy[count] = NULL;
    *list_end = (char *)(copy + count + 1);
    return copy;
}

/// The last block that is free again. A process that starts one command after the other need not make one for each.
static _Atomic(struct spool_suspended *) spare = NULL;

static void keep_block(struct spool_suspended *block) {
    struct spool_suspended *other = atomic_exchange(&spare, block);
    if (other != NULL) munmap(other, other->size);
}

/// Room for `size` bytes at least.
static struct spool_suspended *get_block(size_t size) {
    struct spool_suspended *kept = atomic_exchange(&spare, NULL);
    if (kept != NULL) {
        if (kept->size >= size) return kept;
        munmap(kept, kept->size);
    }
    struct spool_suspended *block =
        mmap(NULL, size, PROT_READ | PROT_WRITE, BLOCK_IS | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return NULL;
    block->size = size;
    return block;
}

/// The command in a block of its own, with room for a stack at its end.
static struct spool_suspended *make_block(const struct spool_command *command) {
    size_t arguments = 0;
    size_t variables = 0;
    size_t text = measure(command->arguments, &arguments) + measure(command->environment, &variables);
    if (command->directory != NULL) text += strlen(command->directory) + 1;
    size_t lists = (arguments + variables + 2) * sizeof(char *);
    size_t page = 4096;
    struct spool_suspended *suspended = get_block(
        (sizeof(struct spool_suspended) + lists + text + page - 1) / page * page + stack_size);
    if (suspended == NULL) return NULL;
    atomic_store(&suspended->order, SUSPENDED);
    suspended->failed_step = SPOOL_STEP_SETUP;
    suspended->failure = 0;
    suspended->parent = getpid();
    suspended->command = *command;
    char *list_end = (char *)(suspended + 1);
    char *text_end = list_end + lists;
    suspended->command.arguments = copy_list(command->arguments, arguments, &list_end, &text_end);
    suspended->command.environment = copy_list(command->environment, variables, &list_end, &text_end);
    suspended->command.path = suspended->command.arguments[0];
    if (command->directory != NULL) suspended->command.directory = strcpy(text_end, command->directory);
    suspended->path_list = "/bin:/usr/bin";
    for (size_t i = 0; i < variables; i++) {
        const char *variable = suspended->command.environment[i];
        if (strncmp(variable, "PATH=", 5) == 0) suspended->path_list = variable + 5;
    }
    suspended->changed_signals = find_changed_signals();
    return suspended;
}

static pid_t start(struct spool_suspended *suspended) {
#if SHARES_MEMORY
    return clone(child, (char *)suspended + suspended->size, CLONE_VM | SIGCHLD, suspended);
#else
    pid_t pid = fork();
    if (pid == 0) child(suspended);
    return pid;
#endif
}

/// The time since boot, of the kernel itself: a library may have been put before libc's functions.
static int64_t time_since_boot(void) {
    struct timespec time = {0, 0};
    return call(SYS_clock_gettime, CLOCK_BOOTTIME, (long)&time, 0, 0, 0) < 0
        ? -1
        : (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

struct spool_suspended *spool_start_suspended(const struct spool_command *command, struct spool_birth *birth) {
    struct spool_suspended *suspended = make_block(command);
    if (suspended == NULL) return NULL;
    birth->after = time_since_boot();
    birth->pid = start(suspended);
    if (birth->pid < 0) {
        int saved = errno;
        keep_block(suspended);
        errno = saved;
        return NULL;
    }
    birth->before = time_since_boot();
    return suspended;
}

static void send(struct spool_suspended *suspended, int order) {
    atomic_store(&suspended->order, order);
    // With its address this can't fail. If it does all the same, nobody else would wake the process.
    for (int i = 0; i < 10; i++) {
        if (call(SYS_futex, (long)&suspended->order, FUTEX_WAKE | FUTEX_IS, 1, 0, 0) >= 0) return;
    }
}

void spool_release(struct spool_suspended *suspended) { send(suspended, GO); }

// Its process still uses the block.
void spool_abandon(struct spool_suspended *suspended) { send(suspended, GIVE_UP); }

int spool_end_suspended(struct spool_suspended *suspended, int *failed_step) {
    *failed_step = suspended->failed_step;
    int failure = suspended->failure;
    keep_block(suspended);
    return failure;
}
