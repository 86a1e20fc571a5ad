/// spool-bench-limit: what spool-bench measures against, and what its jobs run.
///
///     submit DIR off|full NUMBER      one job
///     bulk DIR off|full COUNT         many jobs
///     fill DIR PLACE FIRST COUNT      files in incoming, or in another directory
///     drain DIR off|full SLOTS        /bin/true for each waiting job
///     turn DIR COUNT                  submit, claim, start and end, without a process
///     spawn COUNT SLOTS               /bin/true so often, and nothing else
///     stamp FIFO                      writes the monotonic clock, in nanoseconds, to a FIFO
///     hold FIFO FIFO                  the same to the first, then waits until the second is written to
///     blast BYTES LENGTH              writes lines of a length, with their ends, to standard output
#define _GNU_SOURCE
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void stamp(const char *fifo, int64_t time) {
    char text[32];
    int size = snprintf(text, sizeof text, "%" PRId64 "\n", time);
    int fd = open(fifo, O_WRONLY | O_CLOEXEC);
    if (fd < 0) die("open");
    if (write(fd, text, (size_t)size) != size) die("write");
    close(fd);
}

static void await(const char *fifo) {
    char byte;
    int fd = open(fifo, O_RDONLY | O_CLOEXEC);
    if (fd < 0) die("open");
    if (read(fd, &byte, 1) < 0) die("read");
    close(fd);
}

static void spawn_only(int count, int slots) {
    char *arguments[] = {"/bin/true", NULL};
    int busy = 0;
    for (int i = 0; i < count; i++) {
        if (busy == slots) {
            waitpid(-1, NULL, 0);
            busy--;
        }
        pid_t pid;
        if (posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ) != 0) {
            die("posix_spawn");
        }
        busy++;
    }
    while (waitpid(-1, NULL, 0) > 0) {}
}

static void blast(int64_t bytes, size_t length) {
    size_t count = 65536 / length;
    size_t size = (count < 1 ? 1 : count) * length;
    char *block = malloc(size);
    if (block == NULL) die("malloc");
    memset(block, 'x', size);
    for (size_t end = length; end <= size; end += length) block[end - 1] = '\n';
    while (bytes > 0) {
        ssize_t written = write(1, block, (int64_t)size < bytes ? size : (size_t)bytes);
        if (written < 0) die("write");
        bytes -= written;
    }
    free(block);
}

static bool is(const char *word, const char *wanted) { return strcmp(word, wanted) == 0; }

int main(int count, char **words) {
    int64_t now = monotonic();
    const char *verb = count > 1 ? words[1] : "";
    if (is(verb, "stamp") && count == 3) {
        stamp(words[2], now);
    } else if (is(verb, "hold") && count == 4) {
        stamp(words[2], now);
        await(words[3]);
    } else if (is(verb, "spawn") && count == 4) {
        spawn_only(atoi(words[2]), atoi(words[3]));
    } else if (is(verb, "blast") && count == 4 && atoi(words[3]) > 0) {
        blast(atoll(words[2]), (size_t)atoi(words[3]));
    } else if (is(verb, "turn") && count == 4) {
        struct store store = open_store(words[2]);
        turn_over(&store, atoi(words[3]));
    } else if (is(verb, "fill") && count == 6) {
        struct store store = open_store(words[2]);
        fill(&store, words[3], atoi(words[4]), atoi(words[5]));
    } else if (count == 5) {
        struct store store = open_store(words[2]);
        bool durable = is(words[3], "full");
        if (is(verb, "submit")) submit_one(&store, atoi(words[4]), durable);
        else if (is(verb, "bulk")) submit_many(&store, atoi(words[4]), durable);
        else if (is(verb, "drain")) drain(&store, atoi(words[4]), durable);
        else return 64;
    } else {
        fprintf(stderr, "spool-bench-limit: see its source for the verbs\n");
        return 64;
    }
    return 0;
}
