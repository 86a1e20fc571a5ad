#define _GNU_SOURCE
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

_Noreturn void die(const char *call) {
    fprintf(stderr, "spool-bench-limit: %s: %s\n", call, strerror(errno));
    exit(1);
}

static int check(int result, const char *call) {
    if (result < 0) die(call);
    return result;
}

/// Of the length of a small job as the queue writes it.
static const char content[] =
    "{\n  \"command\" : [\n    \"/bin/true\"\n  ],\n  \"cwd\" : \"/\",\n  \"env\" : {\n"
    "    \"HOME\" : \"/root\",\n    \"PATH\" : \"/usr/local/bin:/usr/bin:/bin\"\n  },\n"
    "  \"metadata\" : {\n    \"pad\" : \"in place of what the queue adds: an id, two names and a time\"\n  },\n"
    "  \"umask\" : \"0022\"\n}\n";

static const char line[] =
    "{\"host\":\"host\",\"job\":\"01M7ZENFQYQXEVMMVR9GV1B7M8\",\"pid\":1,\"time\":\"2026-11-21T07:30:00Z\","
    "\"to\":\"incoming/5-01M7ZENFQYQXEVMMVR9GV1B7M8.json\",\"verb\":\"submit\"}\n";

static int open_directory(int at, const char *name) {
    return check(openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "openat");
}

struct store open_store(const char *path) {
    struct store store;
    if (mkdir(path, 0700) == 0) {
        const char *names[] = {"incoming", "done", "tmp", "running", "history"};
        int root = open_directory(AT_FDCWD, path);
        for (int i = 0; i < 5; i++) check(mkdirat(root, names[i], 0700), "mkdirat");
        close(root);
    } else if (errno != EEXIST) {
        die("mkdir");
    }
    store.root = open_directory(AT_FDCWD, path);
    store.incoming = open_directory(store.root, "incoming");
    store.done = open_directory(store.root, "done");
    return store;
}

static void put(int fd, const char *text, size_t size) {
    if (write(fd, text, size) != (ssize_t)size) die("write");
}

static void record(const struct store *store) {
    int fd = check(
        openat(store->root, "history/today.ndjson", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
        "openat");
    put(fd, line, sizeof line - 1);
    close(fd);
}

/// Leaves the file open: its lock lives as long.
static int write_temporary(const struct store *store, const char *name, bool durable) {
    int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = check(openat(store->root, name, flags, 0600), "openat");
    check(flock(fd, LOCK_EX | LOCK_NB), "flock");
    put(fd, content, sizeof content - 1);
    unsigned range =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    if (durable) check(sync_file_range(fd, 0, 0, range), "sync_file_range");
    return fd;
}

static void names(int number, char *temporary, char *waiting) {
    snprintf(temporary, 64, "tmp/%010d.json", number);
    // 26 letters, as an id has.
    snprintf(waiting, 64, "incoming/5-01M7ZENFQYQXEVMM%010d.json", number);
}

void submit_one(const struct store *store, int number, bool durable) {
    char temporary[64], waiting[64];
    names(number, temporary, waiting);
    int fd = write_temporary(store, temporary, durable);
    check(renameat2(store->root, temporary, store->root, waiting, RENAME_NOREPLACE), "renameat2");
    if (durable) check(fsync(store->incoming), "fsync");
    record(store);
    close(fd);
}

void submit_many(const struct store *store, int count, bool durable) {
    char temporary[64], waiting[64];
    for (int start = 0; start < count; start += 1000) {
        int end = start + 1000 < count ? start + 1000 : count;
        for (int number = start; number < end; number++) {
            names(number, temporary, waiting);
            close(write_temporary(store, temporary, false));
        }
        if (durable) check(syncfs(store->root), "syncfs");
        for (int number = start; number < end; number++) {
            names(number, temporary, waiting);
            check(
                renameat2(store->root, temporary, store->root, waiting, RENAME_NOREPLACE),
                "renameat2");
        }
        if (durable) check(fsync(store->incoming), "fsync");
        for (int number = start; number < end; number++) record(store);
    }
}

void fill(const struct store *store, const char *place, int first, int count) {
    char temporary[64], waiting[64], path[300];
    if (mkdirat(store->root, place, 0700) < 0 && errno != EEXIST) die("mkdirat");
    // Only those that wait have their priority in their names.
    size_t skipped = strcmp(place, "incoming") == 0 ? sizeof "incoming/" - 1 : sizeof "incoming/5-" - 1;
    for (int number = first; number < first + count; number++) {
        names(number, temporary, waiting);
        snprintf(path, sizeof path, "%s/%s", place, waiting + skipped);
        int fd = check(
            openat(store->root, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), "openat");
        put(fd, content, sizeof content - 1);
        close(fd);
    }
}

// MARK: Running

static atomic_int synced_until;
static atomic_int ended;
static atomic_bool stops;

static void *sync_ends(void *argument) {
    const struct store *store = argument;
    while (!atomic_load(&stops)) {
        int now = atomic_load(&ended);
        if (now == atomic_load(&synced_until)) {
            usleep(1000);
            continue;
        }
        check(fsync(store->done), "fsync");
        atomic_store(&synced_until, now);
    }
    return NULL;
}

static int claim(const struct store *store, const char *name, char *running) {
    char waiting[300];
    snprintf(waiting, sizeof waiting, "incoming/%s", name);
    snprintf(running, 300, "running/%s", name + 2);
    int fd = check(openat(store->root, waiting, O_RDWR | O_CLOEXEC | O_NOFOLLOW), "openat");
    check(flock(fd, LOCK_EX | LOCK_NB), "flock");
    char text[4096];
    check((int)pread(fd, text, sizeof text, 0), "pread");
    check(renameat2(store->root, waiting, store->root, running, RENAME_NOREPLACE), "renameat2");
    record(store);
    return fd;
}

static int rewrite(const struct store *store, int number, const char *running, int old) {
    char temporary[64], waiting[64];
    names(number, temporary, waiting);
    int fd = write_temporary(store, temporary, false);
    check(renameat2(store->root, temporary, store->root, running, RENAME_EXCHANGE), "renameat2");
    check(unlinkat(store->root, temporary, 0), "unlinkat");
    record(store);
    close(old);
    return fd;
}

static void finish(const struct store *store, int number, const char *running, int fd) {
    char done[300];
    snprintf(done, sizeof done, "done/%s", running + sizeof "running/" - 1);
    fd = rewrite(store, number, running, fd);
    check(renameat2(store->root, running, store->root, done, RENAME_NOREPLACE), "renameat2");
    close(fd);
}

struct slot {
    pid_t pid;
    int fd;
    char running[300];
};

static void reap(const struct store *store, struct slot *slots, int count, int number) {
    pid_t pid = check(waitpid(-1, NULL, 0), "waitpid");
    for (int i = 0; i < count; i++) {
        if (slots[i].pid != pid) continue;
        finish(store, number, slots[i].running, slots[i].fd);
        atomic_fetch_add(&ended, 1);
        slots[i].pid = 0;
    }
}

static void start(const struct store *store, struct slot *slot, const char *name, int number) {
    char *arguments[] = {"/bin/true", NULL};
    slot->fd = claim(store, name, slot->running);
    slot->fd = rewrite(store, number, slot->running, slot->fd);
    if (posix_spawn(&slot->pid, arguments[0], NULL, NULL, arguments, environ) != 0) {
        die("posix_spawn");
    }
}

void drain(const struct store *store, int count, bool durable) {
    pthread_t thread;
    if (durable && pthread_create(&thread, NULL, sync_ends, (void *)store) != 0) {
        die("pthread_create");
    }
    struct dirent **list;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", store->incoming);
    int total = check(scandir(path, &list, NULL, alphasort), "scandir");
    struct slot *slots = calloc((size_t)count, sizeof *slots);
    int busy = 0, number = 0;
    for (int i = 0; i < total; i++) {
        if (list[i]->d_name[0] == '.') continue;
        if (busy == count) {
            reap(store, slots, count, number++);
            busy--;
        }
        int free_slot = 0;
        while (slots[free_slot].pid != 0) free_slot++;
        start(store, &slots[free_slot], list[i]->d_name, number++);
        busy++;
    }
    for (; busy > 0; busy--) reap(store, slots, count, number++);
    if (!durable) return;
    while (atomic_load(&synced_until) != atomic_load(&ended)) usleep(1000);
    atomic_store(&stops, true);
    pthread_join(thread, NULL);
}

void turn_over(const struct store *store, int count) {
    char temporary[64], waiting[64], running[300];
    for (int number = 0; number < count; number++) {
        names(number, temporary, waiting);
        submit_one(store, number, false);
        int fd = claim(store, waiting + sizeof "incoming/" - 1, running);
        fd = rewrite(store, number, running, fd);
        finish(store, number, running, fd);
    }
}
