/* Preloaded into the program, leaves out the syncs of one role, to show that the replay finds them missing.
 *
 * BLOCKS_DROPPED names the role: job-content, job-name, start-content, start-name, end-content, end-name,
 * or batch; without "-content" or "-name" it means both. A file's role is told by what the file says, a
 * directory's by what this process wrote last. "backup" empties the file that stands in for the record of a
 * start. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/btrfs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In a job, as the queue writes it, "outcome" stands in a finished attempt only. */
static const char *role_of(const char *text) {
    if (strstr(text, "\"command\"") == NULL) return "other";
    if (strstr(text, "\"outcome\"") != NULL) return "end";
    return strstr(text, "\"attempts\"") != NULL ? "start" : "job";
}

static const char *role_of_file(int fd) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    FILE *file = fopen(path, "re");
    if (file == NULL) return "other";
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    return role_of(text);
}

static const char *last_written = "other";

ssize_t write(int fd, const void *bytes, size_t count) {
    char text[4096];
    size_t length = count < sizeof text ? count : sizeof text - 1;
    memcpy(text, bytes, length);
    text[length] = '\0';
    const char *role = text[0] == '{' ? role_of(text) : "other";
    if (strcmp(role, "other") != 0) last_written = role;
    ssize_t (*next)(int, const void *, size_t) =
        (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    return next(fd, bytes, count);
}

static int is_dropped(const char *role, const char *part) {
    const char *dropped = getenv("BLOCKS_DROPPED");
    char own[32];
    snprintf(own, sizeof own, "%s-%s", role, part);
    return dropped != NULL && (strcmp(dropped, own) == 0 || strcmp(dropped, role) == 0);
}

static int is_directory(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

int fsync(int fd) {
    if (is_directory(fd) ? is_dropped(last_written, "name") : is_dropped(role_of_file(fd), "content"))
        return 0;
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return next(fd);
}

/* Where names are committed in order, the content need only be written before them. */
int sync_file_range(int fd, off64_t offset, off64_t count, unsigned flags) {
    if (is_dropped(role_of_file(fd), "content")) return 0;
    int (*next)(int, off64_t, off64_t, unsigned) =
        (int (*)(int, off64_t, off64_t, unsigned))dlsym(RTLD_NEXT, "sync_file_range");
    return next(fd, offset, count, flags);
}

int syncfs(int fd) {
    const char *dropped = getenv("BLOCKS_DROPPED");
    if (dropped != NULL && strcmp(dropped, "batch") == 0) return 0;
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "syncfs");
    return next(fd);
}

/* On btrfs, the program ends a transaction to make names durable. */
int ioctl(int fd, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    int is_commit = request == BTRFS_IOC_START_SYNC || request == BTRFS_IOC_WAIT_SYNC;
    if (is_commit
        && (is_directory(fd) ? is_dropped(last_written, "name")
                             : is_dropped(role_of_file(fd), "content")))
        return 0;
    int (*next)(int, unsigned long, void *) =
        (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
    return next(fd, request, argument);
}

/* renameat2(2), which the program calls by its number. */
long syscall(long number, ...) {
    va_list arguments;
    va_start(arguments, number);
    long values[6];
    for (int index = 0; index < 6; index++) values[index] = va_arg(arguments, long);
    va_end(arguments);
    long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long result =
        next(number, values[0], values[1], values[2], values[3], values[4], values[5]);
    const char *dropped = getenv("BLOCKS_DROPPED");
    if (result == 0 && number == SYS_renameat2 && dropped != NULL && strcmp(dropped, "backup") == 0) {
        const char *name = (const char *)values[1];
        const char *ending = strrchr(name, '.');
        if (ending != NULL && strcmp(ending, ".before") == 0) {
            int file = openat((int)values[0], name, O_WRONLY | O_TRUNC | O_CLOEXEC);
            if (file >= 0) close(file);
        }
    }
    return result;
}
