#define _GNU_SOURCE
#include "CSpoolTrace.h"

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

// MARK: - Starting

/// Sends the named calls to the tracer and lets all others pass.
static int install_filter(const int *calls, int count) {
    struct sock_filter *code = calloc((size_t)(2 * count + 2), sizeof *code);
    if (code == NULL) return -1;
    int at = 0;
    code[at++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < count; i++) {
        code[at++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], 0, 1);
        code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {(unsigned short)at, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void child(const char *path, char *const *arguments, char *const *environment,
    const char *directory, const int standard[3], const int *calls, int count, int gate) {
    char go;
    if (read(gate, &go, 1) != 1) _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    struct itimerval off;
    memset(&off, 0, sizeof off);
    setitimer(ITIMER_REAL, &off, NULL);
    signal(SIGALRM, SIG_DFL);
    if (chdir(directory) != 0) _exit(126);
    for (int i = 0; i < 3; i++) {
        if (dup2(standard[i], i) < 0) _exit(126);
    }
    syscall(SYS_close_range, 3u, ~0u, 0u);
    if (install_filter(calls, count) != 0) _exit(125);
    execve(path, arguments, environment);
    _exit(127);
}

static const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

pid_t trace_start(const char *path, char *const *arguments, char *const *environment,
    const char *directory, const int standard[3], const int *calls, int count) {
    int gate[2];
    if (pipe(gate) != 0) return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(gate[1]);
        child(path, arguments, environment, directory, standard, calls, count, gate[0]);
    }
    int saved = errno;
    close(gate[0]);
    if (pid > 0 && ptrace(PTRACE_SEIZE, pid, NULL, options) != 0) {
        saved = errno;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        pid = -1;
    }
    if (pid > 0 && write(gate[1], "g", 1) != 1) {
        saved = errno;
        kill(pid, SIGKILL);
        pid = -1;
    }
    close(gate[1]);
    errno = saved;
    return pid;
}

// MARK: - Waiting

static void read_call(pid_t pid, struct trace_event *event) {
    struct __ptrace_syscall_info info;
    memset(&info, 0, sizeof info);
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0) return;
    if (info.op == PTRACE_SYSCALL_INFO_SECCOMP) {
        event->number = (int64_t)info.seccomp.nr;
        for (int i = 0; i < 6; i++) event->arguments[i] = info.seccomp.args[i];
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
        event->result = info.exit.rval;
    }
}

/// 1 when the stop is an event for the caller; 0 when it was dealt with here.
static int sort_out(pid_t pid, int status, struct trace_event *event) {
    memset(event, 0, sizeof *event);
    event->pid = pid;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
        event->kind = TRACE_END;
        event->result = status;
        return 1;
    }
    int signal = WSTOPSIG(status);
    switch (status >> 16) {
    case PTRACE_EVENT_SECCOMP:
        event->kind = TRACE_CALL;
        read_call(pid, event);
        return 1;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE: {
        unsigned long new = 0;
        ptrace(PTRACE_GETEVENTMSG, pid, NULL, &new);
        event->kind = TRACE_FORK;
        event->child = (pid_t)new;
        return 1;
    }
    case PTRACE_EVENT_EXEC:
        event->kind = TRACE_EXEC;
        return 1;
    case PTRACE_EVENT_STOP:
        // A new process, or one that a signal has stopped; the latter stays so.
        if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) {
            ptrace(PTRACE_LISTEN, pid, NULL, NULL);
        } else {
            ptrace(PTRACE_CONT, pid, NULL, NULL);
        }
        return 0;
    case 0:
        if (signal == (SIGTRAP | 0x80)) {
            event->kind = TRACE_RETURN;
            read_call(pid, event);
            return 1;
        }
        ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)signal);
        return 0;
    default:
        ptrace(PTRACE_CONT, pid, NULL, NULL);
        return 0;
    }
}

int trace_next_of(pid_t pid, struct trace_event *event) {
    while (1) {
        int status = 0;
        pid_t stopped = waitpid(pid, &status, __WALL);
        if (stopped < 0) return errno == ECHILD ? 0 : -1;
        if (sort_out(stopped, status, event)) return 1;
    }
}

int trace_next(struct trace_event *event) { return trace_next_of(-1, event); }

// MARK: - Letting go

int trace_go(pid_t pid) { return (int)ptrace(PTRACE_CONT, pid, NULL, NULL); }
int trace_go_to_return(pid_t pid) { return (int)ptrace(PTRACE_SYSCALL, pid, NULL, NULL); }
int trace_kill(pid_t pid) { return kill(pid, SIGKILL); }

static int get_registers(pid_t pid, struct user_regs_struct *registers) {
    struct iovec vector = {registers, sizeof *registers};
    return (int)ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &vector);
}

static int set_registers(pid_t pid, struct user_regs_struct *registers) {
    struct iovec vector = {registers, sizeof *registers};
    return (int)ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &vector);
}

int trace_fail(pid_t pid, int code) {
    struct user_regs_struct registers;
    if (get_registers(pid, &registers) != 0) return -1;
#if defined(__x86_64__)
    registers.orig_rax = (unsigned long long)-1;
    registers.rax = (unsigned long long)-code;
#elif defined(__aarch64__)
    int none = -1;
    struct iovec vector = {&none, sizeof none};
    if (ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &vector) != 0) return -1;
    registers.regs[0] = (unsigned long long)-code;
#else
#error "registers of this machine aren't known"
#endif
    return set_registers(pid, &registers);
}

int trace_set_count(pid_t pid, uint64_t count) {
    struct user_regs_struct registers;
    if (get_registers(pid, &registers) != 0) return -1;
#if defined(__x86_64__)
    registers.rdx = count;
#elif defined(__aarch64__)
    registers.regs[2] = count;
#endif
    return set_registers(pid, &registers);
}

ssize_t trace_read(pid_t pid, uint64_t address, void *buffer, size_t size) {
    struct iovec local = {buffer, size};
    struct iovec remote = {(void *)(uintptr_t)address, size};
    return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

ssize_t trace_write(pid_t pid, uint64_t address, const void *buffer, size_t size) {
    struct iovec local = {(void *)(uintptr_t)buffer, size};
    struct iovec remote = {(void *)(uintptr_t)address, size};
    return process_vm_writev(pid, &local, 1, &remote, 1, 0);
}

// MARK: - Names

#define CALL(name) {#name, SYS_##name}
// Calls that younger processors' kernels leave out.
#ifdef SYS_open
#define OLD(name) {#name, SYS_##name}
#else
#define OLD(name) {#name, TRACE_ABSENT}
#endif
static const struct {
    const char *name;
    int number;
} table[] = {
    CALL(openat), CALL(openat2), CALL(close), CALL(read), CALL(write), CALL(pread64), CALL(pwrite64), CALL(writev),
    CALL(renameat2), CALL(renameat), CALL(linkat), CALL(unlinkat), CALL(mkdirat), CALL(symlinkat),
    CALL(ftruncate), CALL(fallocate), CALL(fsync), CALL(fdatasync), CALL(syncfs),
    CALL(sync_file_range), CALL(flock), CALL(fchmod), CALL(fchmodat), CALL(fchownat),
    CALL(utimensat), CALL(fstat), CALL(fstatfs), CALL(newfstatat), CALL(statx), CALL(getdents64), CALL(fcntl),
    CALL(pipe2), CALL(socketpair), CALL(dup3), CALL(epoll_create1), CALL(epoll_ctl),
    CALL(signalfd4), CALL(timerfd_create), CALL(timerfd_settime), CALL(inotify_init1),
    CALL(inotify_add_watch), CALL(memfd_create), CALL(prctl), CALL(clone), CALL(clone3),
    CALL(execve), CALL(wait4), CALL(setsid), CALL(kill), CALL(tgkill), CALL(pidfd_open),
    CALL(pidfd_send_signal), CALL(futex), CALL(copy_file_range), CALL(sendfile),
    CALL(lseek), CALL(chdir), CALL(readlinkat), CALL(faccessat2), CALL(epoll_pwait),
    CALL(sendmsg), CALL(recvmsg), CALL(truncate), CALL(getcwd),
    OLD(open), OLD(creat), OLD(rename), OLD(link), OLD(unlink), OLD(mkdir), OLD(rmdir),
    OLD(symlink), OLD(chmod), OLD(stat), OLD(lstat), OLD(dup2), OLD(pipe), OLD(fork),
    OLD(vfork), OLD(readlink), OLD(access), OLD(poll), OLD(epoll_wait), OLD(utime), OLD(utimes),
    OLD(futimesat),
};
#undef CALL
#undef OLD

int trace_call_number(const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, name) == 0) return table[i].number;
    }
    return TRACE_UNKNOWN;
}

// MARK: - The tracer itself

int trace_is_possible(void) {
    char *arguments[] = {"true", NULL};
    char *environment[] = {NULL};
    int standard[3] = {0, 1, 2};
    int calls[] = {SYS_fsync};
    pid_t pid = trace_start("/bin/true", arguments, environment, "/", standard, calls, 1);
    if (pid < 0) return -1;
    struct trace_event event;
    while (trace_next(&event) == 1) {
        if (event.kind == TRACE_END) {
            if (WIFEXITED((int)event.result) && WEXITSTATUS((int)event.result) == 0) return 0;
            errno = EPERM;
            return -1;
        }
        trace_go(event.pid);
    }
    errno = EPERM;
    return -1;
}

static void wake(int signal) { (void)signal; }

int trace_set_deadline(int64_t milliseconds) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = wake;
    if (sigaction(SIGALRM, &action, NULL) != 0) return -1;
    struct itimerval timer;
    memset(&timer, 0, sizeof timer);
    timer.it_value.tv_sec = milliseconds / 1000;
    timer.it_value.tv_usec = milliseconds % 1000 * 1000;
    // Again and again, so that one that came just before the wait isn't missed.
    if (milliseconds > 0) timer.it_interval.tv_usec = 100000;
    return setitimer(ITIMER_REAL, &timer, NULL);
}

int trace_memory_file(void) { return memfd_create("output", MFD_CLOEXEC); }

int trace_take_descriptor(pid_t pid, int number) {
    int handle = (int)syscall(SYS_pidfd_open, pid, 0);
    if (handle < 0) return -1;
    int taken = (int)syscall(SYS_pidfd_getfd, handle, number, 0);
    int code = errno;
    close(handle);
    errno = code;
    return taken;
}
