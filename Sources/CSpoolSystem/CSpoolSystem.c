#define _GNU_SOURCE
#include "CSpoolSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

pid_t spool_fork(void) { return fork(); }

int spool_close_from(unsigned first) {
    if (syscall(SYS_close_range, first, ~0U, 0) == 0) return 0;
    if (errno != ENOSYS) return -1;
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit < 0 || limit > 65536) limit = 65536;
    for (long fd = first; fd < limit; fd++) close((int)fd);
    return 0;
}

const uint32_t SPOOL_EPOLLIN = EPOLLIN;
const uint32_t SPOOL_EPOLLHUP = EPOLLHUP;
const uint32_t SPOOL_EPOLLERR = EPOLLERR;

int spool_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll_fd, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll_fd, operation, fd, &event);
}
int spool_epoll_add(int epoll_fd, int fd, uint32_t events, uint64_t token) {
    return control(epoll_fd, EPOLL_CTL_ADD, fd, events, token);
}
int spool_epoll_modify(int epoll_fd, int fd, uint32_t events, uint64_t token) {
    return control(epoll_fd, EPOLL_CTL_MOD, fd, events, token);
}
int spool_epoll_remove(int epoll_fd, int fd) {
    return control(epoll_fd, EPOLL_CTL_DEL, fd, 0, 0);
}

int spool_epoll_wait(int epoll_fd, struct spool_event *events, int capacity, int timeout_ms) {
    struct epoll_event raw[256];
    if (capacity > 256) capacity = 256;
    int count = epoll_wait(epoll_fd, raw, capacity, timeout_ms);
    for (int i = 0; i < count; i++) {
        events[i].token = raw[i].data.u64;
        events[i].events = raw[i].events;
    }
    return count;
}

int spool_signalfd(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int spool_signalfd_read(int fd) {
    struct signalfd_siginfo info;
    ssize_t bytes = read(fd, &info, sizeof info);
    if (bytes == sizeof info) return (int)info.ssi_signo;
    return bytes < 0 && errno != EAGAIN ? -1 : 0;
}

int spool_timerfd_create(bool realtime) {
    return timerfd_create(realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
}

int spool_timerfd_set(int fd, int64_t nanoseconds, bool realtime) {
    struct itimerspec value;
    memset(&value, 0, sizeof value);
    value.it_value.tv_sec = nanoseconds / 1000000000;
    value.it_value.tv_nsec = nanoseconds % 1000000000;
    int flags = TFD_TIMER_ABSTIME | (realtime ? TFD_TIMER_CANCEL_ON_SET : 0);
    return timerfd_settime(fd, flags, &value, NULL);
}

void spool_give_back_memory(void) { malloc_trim(0); }

int spool_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
int spool_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

static int64_t microseconds(struct timeval time) {
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

int spool_reap(pid_t pid, struct spool_exit *result) {
    int status = 0;
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    pid_t reaped = wait4(pid, &status, WNOHANG, &usage);
    if (reaped <= 0) return (int)reaped;
    result->pid = reaped;
    result->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result->core_dumped = WIFSIGNALED(status) && WCOREDUMP(status);
    result->user_microseconds = microseconds(usage.ru_utime);
    result->system_microseconds = microseconds(usage.ru_stime);
    result->peak_kilobytes = usage.ru_maxrss;
    return 1;
}

int spool_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int spool_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

/// The arguments of this process, and the bytes that they take.
static struct {
    int count;
    char **list;
    size_t room;
} own;

/// Called before main() with the same arguments, as glibc does.
__attribute__((constructor)) static void keep_arguments(int count, char **list) {
    own.count = count;
    own.list = list;
    // The kernel lays the arguments out one behind the other; only that room may be written.
    for (int i = 0; i < count && list[i] == list[0] + own.room; i++) {
        own.room += strlen(list[i]) + 1;
    }
}

char **spool_arguments(int *count) {
    *count = own.count;
    return own.list;
}

void spool_set_title(const char *title, const char *name) {
    char bounded[16];
    snprintf(bounded, sizeof bounded, "%s", name);
    prctl(PR_SET_NAME, bounded, 0, 0, 0);
    if (own.room < 2) return;
    memset(own.list[0], 0, own.room);
    snprintf(own.list[0], own.room, "%s", strlen(title) < own.room ? title : name);
}

int spool_spawn_in_directory(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

int spool_grow_pipe(int fd, int bytes) { return fcntl(fd, F_SETPIPE_SZ, bytes); }
int spool_pipe(int fds[2]) { return pipe2(fds, O_CLOEXEC); }

int spool_replace(int fd, int other) { return dup3(other, fd, O_CLOEXEC); }

int spool_channel(int fds[2]) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds);
}

union control_space {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

int spool_channel_send(int fd, const void *bytes, size_t count, int passed) {
    struct iovec text = {(void *)bytes, count};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1};
    union control_space space;
    if (passed >= 0) {
        memset(&space, 0, sizeof space);
        message.msg_control = space.bytes;
        message.msg_controllen = sizeof space.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &passed, sizeof(int));
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

ssize_t spool_channel_receive(int fd, void *buffer, size_t capacity, int *passed) {
    struct iovec text = {buffer, capacity};
    union control_space space;
    struct msghdr message = {
        .msg_iov = &text, .msg_iovlen = 1, .msg_control = space.bytes,
        .msg_controllen = sizeof space.bytes};
    *passed = -1;
    ssize_t count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (count < 0) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS
        && header->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(passed, CMSG_DATA(header), sizeof(int));
    }
    return count;
}

ssize_t spool_channel_peek(int fd, void *buffer, size_t capacity) {
    return recv(fd, buffer, capacity, MSG_PEEK);
}

int spool_wait_for_two(int first, int second) {
    struct pollfd both[2] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
    if (poll(both, 2, -1) < 0) return -1;
    return (both[0].revents != 0 ? 1 : 0) | (both[1].revents != 0 ? 2 : 0);
}

int spool_inotify_create(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

struct spool_counter {
    _Atomic int64_t value;
};

struct spool_counter *spool_make_shared_counter(void) {
    void *place = mmap(
        NULL, sizeof(struct spool_counter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return place == MAP_FAILED ? NULL : place;
}

void spool_drop_shared_counter(struct spool_counter *counter) { munmap(counter, sizeof *counter); }

int64_t spool_shared_counter(const struct spool_counter *counter) { return atomic_load(&counter->value); }

void spool_set_shared_counter(struct spool_counter *counter, int64_t value) {
    atomic_store(&counter->value, value);
}

int spool_random(void *bytes, size_t count) {
    if (getrandom(bytes, count, 0) == (ssize_t)count) return 0;
    // An old kernel doesn't know it, and a filter of system calls may refuse it.
    if (errno != ENOSYS && errno != EPERM) return -1;
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t taken = read(file, bytes, count);
    close(file);
    return taken == (ssize_t)count ? 0 : -1;
}

int spool_close_all_but(const int *keep, int count) {
    unsigned first = 3;
    for (int i = 0; i < count; i++) {
        if (keep[i] < (int)first) continue;
        for (unsigned fd = first; fd < (unsigned)keep[i]; fd++) close((int)fd);
        first = (unsigned)keep[i] + 1;
    }
    return spool_close_from(first);
}

struct spool_scan spool_next_option(
    int count, char **arguments, const char *letters, const struct option *table, bool restart) {
    opterr = 0;
    if (restart) optind = 0;
    optopt = 0;
    int index = -1;
    int code = getopt_long(count, arguments, letters, table, &index);
    struct spool_scan scan = {code, optarg, optind, optopt};
    return scan;
}

const int SPOOL_RLIMIT_NPROC = RLIMIT_NPROC;

int spool_get_limit(pid_t pid, int resource, int64_t limits[2]) {
    struct rlimit limit;
    if (prlimit(pid, (enum __rlimit_resource)resource, NULL, &limit) != 0) return -1;
    limits[0] = limit.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_cur;
    limits[1] = limit.rlim_max == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_max;
    return 0;
}

int spool_set_limit(pid_t pid, int resource, const int64_t limits[2]) {
    struct rlimit limit = {
        limits[0] < 0 ? RLIM_INFINITY : (rlim_t)limits[0],
        limits[1] < 0 ? RLIM_INFINITY : (rlim_t)limits[1]};
    return prlimit(pid, (enum __rlimit_resource)resource, &limit, NULL);
}

const char *spool_errno_name(int code) { return strerrorname_np(code); }
const char *spool_signal_name(int number) { return sigabbrev_np(number); }

static const char *volatile interrupt_message;
static volatile size_t interrupt_message_length;
static volatile int interrupt_message_fd;

/// The handler is gone once it is called, and the signal isn't blocked in it: so raising it ends the process.
static void write_message(int number) {
    const char *text = interrupt_message;
    if (text != NULL && write(interrupt_message_fd, text, interrupt_message_length) < 0) {
        // Nobody is there to hear it.
    }
    raise(number);
}

int spool_set_interrupt_message(const char *text, size_t length, int fd) {
    static bool is_set;
    // It lives as long as the process, as the signal may come at any moment.
    static char kept[8192];
    interrupt_message = NULL;
    if (length > sizeof kept) length = sizeof kept;
    if (text != NULL) memcpy(kept, text, length);
    interrupt_message_length = length;
    interrupt_message_fd = fd;
    interrupt_message = text == NULL ? NULL : kept;
    if (text == NULL || is_set) return 0;
    is_set = true;
    struct sigaction action = {.sa_handler = write_message, .sa_flags = SA_RESETHAND | SA_NODEFER};
    struct sigaction before;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, NULL, &before) != 0) return -1;
    // Whoever has it ignored goes on doing so, at each moment.
    return before.sa_handler == SIG_DFL ? sigaction(SIGINT, &action, NULL) : 0;
}
