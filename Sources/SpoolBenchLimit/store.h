/// The file work of a spool as bare system calls: what is left when nothing else is done. No checks, no JSON
/// library, no recovery; it is the limit that spool-bench compares with, not a queue.
#ifndef SPOOL_BENCH_STORE_H
#define SPOOL_BENCH_STORE_H

#include <stdbool.h>

/// The directories of a spool in which jobs are moved, open.
struct store {
    int root;
    int incoming;
    int done;
};

/// Makes the directories where they are missing, and opens them.
struct store open_store(const char *path);

/// One job: written to tmp/, renamed to incoming/, a line in the history. With `durable`, the content is written
/// before the rename and the directory synced after it.
void submit_one(const struct store *store, int number, bool durable);

/// As many jobs as wanted; with `durable`, one syncfs(2) and one fsync(2) for each 1,000.
void submit_many(const struct store *store, int count, bool durable);

/// Files in incoming/ or in a directory such as done/2026-11-21, written in place: only to be there.
void fill(const struct store *store, const char *place, int first, int count);

/// Runs /bin/true for each job in incoming/, so many at a time: a rename to running/, the process, the job
/// written again, a rename to done/. With `durable`, a thread syncs the ends in groups, off the path that
/// starts and reaps.
void drain(const struct store *store, int slots, bool durable);

/// As many rounds of submit, claim, start and end of one job, without a process and without a sync.
void turn_over(const struct store *store, int count);

/// Prints the errno of a failed call, and ends.
_Noreturn void die(const char *call);

#endif
