/// Calls and constants of Linux that the Swift overlay for glibc doesn't show, because they are
/// GNU extensions, variadic, or macros. Mechanism only: no policy, no allocation, no global state but
/// whether the kernel has openat2(2), and the text that SIGINT has the program write.
/// Functions return -1 with errno set, as the calls they stand for do.
#ifndef C_SPOOL_SYSTEM_H
#define C_SPOOL_SYSTEM_H

#include <getopt.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/// Has a text written to a descriptor before SIGINT ends the process; NULL: nothing from now on. At most 8,192 bytes of
/// it are kept. A signal that is ignored stays so.
int spool_set_interrupt_message(const char *text, size_t length, int fd);

/// fork(2). The caller must be the only thread of its process.
pid_t spool_fork(void);

/// renameat2(2); flags are SPOOL_RENAME_*.
int spool_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
extern const unsigned SPOOL_RENAME_NOREPLACE;
extern const unsigned SPOOL_RENAME_EXCHANGE;

/// openat2(2), with O_CLOEXEC, in the tree below `directory`: no symbolic link on the way is followed (ELOOP), and
/// no path leads out (EXDEV); mount points are no matter. Where the kernel hasn't got it, openat(2) goes the same
/// way name by name.
int spool_open_beneath(int directory, const char *path, int flags, mode_t mode);

/// The same without openat2(2), for itself.
int spool_open_by_names(int directory, const char *path, int flags, mode_t mode);

/// Whether an open file has an access list (acl(5)) beside its mode.
bool spool_has_access_list(int fd);

/// syncfs(2).
int spool_syncfs(int fd);
void spool_give_back_memory(void);
int spool_has_other_writers(int fd);
/// Whether a file has an attribute that keeps it from being renamed (statx(2)); false where that can't be seen.
bool spool_is_fixed(int directory, const char *path);

/// Ends the current transaction of a btrfs, and waits until it is on the disk: every rename that was made
/// before is durable then, and data that others have not written back yet is not waited for. Fails with
/// ENOTTY on other file systems.
int spool_commit_btrfs(int fd);

/// Which of the file systems that are treated differently a file lies on (fstatfs(2)).
enum spool_file_system {
    SPOOL_FILE_SYSTEM_OTHER = 0, SPOOL_FILE_SYSTEM_EXT4 = 1, SPOOL_FILE_SYSTEM_XFS = 2,
    SPOOL_FILE_SYSTEM_OTHER_LOCAL = 3
};
int spool_file_system(int fd);
/// The major and minor number of a device, as /sys/dev/block names it.
unsigned spool_device_major(dev_t device);
unsigned spool_device_minor(dev_t device);

/// sync_file_range(2) of the whole file: writes its content to the device, and waits until that is done. It
/// neither commits metadata nor flushes the device's cache.
int spool_write_back(int fd);

/// The same, without waiting.
int spool_begin_write_back(int fd);

/// fcntl(F_SETLEASE): a read lease, refused with EAGAIN while anyone has the file open for writing. Whoever opens it
/// so while it is held does no harm.
int spool_take_read_lease(int fd);
int spool_drop_lease(int fd);

/// close_range(2): marks or closes all descriptors from `first` on.
int spool_close_from(unsigned first);

/// epoll(7). Events carry the caller's 64-bit token.
int spool_epoll_create(void);
int spool_epoll_add(int epoll_fd, int fd, uint32_t events, uint64_t token);
int spool_epoll_modify(int epoll_fd, int fd, uint32_t events, uint64_t token);
int spool_epoll_remove(int epoll_fd, int fd);
struct spool_event {
    uint64_t token;
    uint32_t events;
};
/// Waits; a timeout of -1 is for ever. Returns the number of events written, 256 at most.
int spool_epoll_wait(int epoll_fd, struct spool_event *events, int capacity, int timeout_ms);
extern const uint32_t SPOOL_EPOLLIN;
extern const uint32_t SPOOL_EPOLLHUP;
extern const uint32_t SPOOL_EPOLLERR;

/// A descriptor that reads the given signals, which are blocked as part of the call.
int spool_signalfd(const int *signals, int count);
/// The number of the next signal, or 0 when none is there, or -1.
int spool_signalfd_read(int fd);

/// timerfd(2) on CLOCK_REALTIME (absolute, cancelled when the clock is set) or CLOCK_MONOTONIC.
int spool_timerfd_create(bool realtime);
/// Sets an absolute time in nanoseconds of the timer's clock; 0 disarms.
int spool_timerfd_set(int fd, int64_t nanoseconds, bool realtime);

/// pidfd_open(2), pidfd_send_signal(2).
int spool_pidfd_open(pid_t pid);
int spool_pidfd_send_signal(int pidfd, int signal);

/// waitpid(2) without waiting, with the resource use of the process and its waited-for children.
struct spool_exit {
    pid_t pid;
    int exit_code;   ///< -1 when a signal ended it
    int signal;      ///< 0 when it exited
    bool core_dumped;
    int64_t user_microseconds;
    int64_t system_microseconds;
    int64_t peak_kilobytes;
};
/// 1 with `*result` filled, 0 when no such child has ended yet, -1 (ECHILD: there is no such child).
int spool_reap(pid_t pid, struct spool_exit *result);

/// prctl(PR_SET_CHILD_SUBREAPER): orphans among the descendants become children of the caller.
int spool_become_subreaper(void);
/// The kernel kills this process when the thread that forked it ends.
int spool_die_with_parent(void);
/// The arguments of this process, and their number.
char **spool_arguments(int *count);
/// What ps(1) shows: the thread's name (15 bytes) and, over the memory of the arguments, a title, or where it
/// doesn't fit, the name.
void spool_set_title(const char *title, const char *name);

/// Starts a command in a session and process group of its own, suspended before its exec.
struct spool_command {
    const char *path;             ///< resolved through PATH of `environment` when without a slash
    char *const *arguments;
    char *const *environment;
    const char *directory;        ///< NULL: the caller's
    int standard_input;           ///< descriptors the command gets as 0, 1 and 2
    int standard_output;
    int standard_error;
    int mask;                     ///< umask, -1: the caller's
    int nice;                     ///< added to the niceness
    int64_t limits[16];           ///< by RLIMIT_ number, -1: unchanged
};
/// A command that waits for its order.
struct spool_suspended;
/// A new process, and when it was made: later than `after`, earlier than `before`, in nanoseconds since boot
/// (CLOCK_BOOTTIME), -1 where that isn't known.
struct spool_birth {
    pid_t pid;
    int64_t after;
    int64_t before;
};
/// Returns NULL with errno where it can't be started. What `command` points to may be freed after the call. If this
/// process ends first, the new one does too, without having executed the command; it may if the calling thread ends.
struct spool_suspended *spool_start_suspended(const struct spool_command *command, struct spool_birth *birth);
/// Lets the command go.
void spool_release(struct spool_suspended *suspended);
/// Ends the process; its command has never started. `suspended` is gone.
void spool_abandon(struct spool_suspended *suspended);
/// The result of a released command whose process has ended and was reaped (wait(2)). It is 0 if the command was
/// executed, and else the error, with `*failed_step` one of SPOOL_STEP_*. `suspended` is gone.
int spool_end_suspended(struct spool_suspended *suspended, int *failed_step);
enum { SPOOL_STEP_SETUP = 0, SPOOL_STEP_DIRECTORY = 1, SPOOL_STEP_EXEC = 2, SPOOL_STEP_LIMIT = 3 };

/// posix_spawn_file_actions_addchdir_np(3): the process begins in this directory. Returns an error number.
int spool_spawn_in_directory(posix_spawn_file_actions_t *actions, const char *path);

/// pipe2(2) with O_CLOEXEC, and the size of a pipe.
int spool_grow_pipe(int fd, int bytes);
int spool_pipe(int fds[2]);

/// Lets a descriptor stand for the file of another one, and closes what it stood for; closed by exec. A negative
/// number on error.
int spool_replace(int fd, int other);

/// A pair of sockets that carry messages (SOCK_SEQPACKET), closed by exec. Neither side ever waits.
int spool_channel(int fds[2]);
/// Sends a message, with a descriptor unless `passed` is negative. EAGAIN where the other side has not kept up,
/// EPIPE where it is gone.
int spool_channel_send(int fd, const void *bytes, size_t count, int passed);
/// Takes a message, and the descriptor that came with it, or -1. Returns its size, 0 at the end.
ssize_t spool_channel_receive(int fd, void *buffer, size_t capacity, int *passed);
/// Looks at the next message without taking it. Returns its size, 0 at the end.
ssize_t spool_channel_peek(int fd, void *buffer, size_t capacity);
/// Waits until one of two descriptors is readable: 1 or 2, or 3 when both are.
int spool_wait_for_two(int first, int second);

/// A number in memory that this process shares with those that it forks. NULL where there is no memory.
struct spool_counter;
struct spool_counter *spool_make_shared_counter(void);
void spool_drop_shared_counter(struct spool_counter *counter);
int64_t spool_shared_counter(const struct spool_counter *counter);
void spool_set_shared_counter(struct spool_counter *counter, int64_t value);

/// memfd_create(2) with MFD_CLOEXEC.
int spool_random(void *bytes, size_t count);
off_t spool_seek_data(int file, off_t from);
int spool_memory_file(const char *name);

/// Closes every descriptor above 2 but those in `keep`, which is sorted.
int spool_close_all_but(const int *keep, int count);

/// inotify(7) masks as plain integers.
int spool_inotify_create(void);

/// One step of getopt_long(3), without its global variables.
struct spool_scan {
    int code;              ///< what getopt_long returned
    const char *argument;  ///< optarg
    int next;              ///< optind
    int letter;            ///< optopt
};
/// `restart` begins with the first argument. Prints nothing.
struct spool_scan spool_next_option(
    int count, char **arguments, const char *letters, const struct option *table, bool restart);

/// RLIMIT_NPROC.
extern const int SPOOL_RLIMIT_NPROC;

/// prlimit(2): the soft and the hard limit of a process, -1 where there is none.
int spool_get_limit(pid_t pid, int resource, int64_t limits[2]);
int spool_set_limit(pid_t pid, int resource, const int64_t limits[2]);

/// File type tests on st_mode.
bool spool_is_regular(mode_t mode);
bool spool_is_directory(mode_t mode);
bool spool_is_symlink(mode_t mode);
bool spool_is_fifo(mode_t mode);

/// getdents64(2): fills `buffer`, returns the bytes filled, 0 at the end.
ssize_t spool_getdents(int fd, void *buffer, size_t size);

/// A short name of an errno such as "ENOSPC", or NULL.
const char *spool_errno_name(int code);
/// A signal's name without SIG, such as "TERM", or NULL.
const char *spool_signal_name(int number);

#endif
