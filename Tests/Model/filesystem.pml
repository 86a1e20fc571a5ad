/* The file system and the kernel's locks: names, inodes, open files.

   A name leads to an inode; a lock belongs to an inode, through an open file; an open file may be shared after
   a fork. An inode that nothing refers to any more is cleared at once, so that states don't differ in garbage.
   Inode 0 means none. */

#define INCOMING 0
#define SCHEDULED 1
#define DONE 2
#define FAILED 3
#define DEAD 4
/* The name of attempt n in running/: the attempt number is the fencing token. */
#ifdef NO_FENCING_TOKEN
#define RUNNING(n) 5
#else
#define RUNNING(n) (4 + (n))
#endif
#define NUMBERS (MAX_ATTEMPTS + 1)
#define PLACES (5 + NUMBERS)

/* Processes by number: the workers, their runners, the one who cancels. */
#define PROCESSES (2 * WORKERS + 1)
#define CANCELLER (2 * WORKERS)
#define BIT(p) (1 << (p))
#define RUNNER_OF(worker) (WORKERS + (worker))

byte name[JOBS * PLACES];
#define AT(place) name[job * PLACES + (place)]

/* What an inode's content says: how many attempts are on record, the state, the runner of the last attempt. */
byte attempts_in[INODES];
byte state_in[INODES];
byte runner_in[INODES];
/* The processes that hold its lock: more than one only after a fork, or where locks lie. */
byte holders[INODES];

/* For each process: its job's file, open; the file that is to replace it; what its name in tmp/ leads to. */
byte file[PROCESSES];
byte fresh[PROCESSES];
byte temporary[PROCESSES];

/* running/ULID.N.cancel, as a bit for each N. */
byte cancel_requests[JOBS];

#ifdef POWER_CUTS
/* What a power cut leaves. The names are journalled in order, so that is some earlier moment since the last
   fsync(2) of a directory; the content of every inode was synced before it got a name outside tmp/, but those that
   are UNWRITTEN. */
byte durable_name[JOBS * PLACES];
byte durable_requests[JOBS];
byte is_dirty;
#define CHANGED is_dirty = 1
#else
#define CHANGED skip
#endif

#ifdef UNWRITTEN
/* Whether a runner's record of an attempt is still on its way to the disk, and what the journal knows of that: until
   it knows better, a power cut may leave nothing but the file before it, in running/ as .before. */
byte unwritten[INODES];
byte durable_unwritten[INODES];
#endif

/* The machine went down under this process: it has no next step. */
byte down[PROCESSES];

#ifdef PAUSED
/* Held up until that process, plus one, has done with the job that it took over. */
byte paused_by[PROCESSES];
#endif

/* Not part of the state: used within one step only. */
hidden byte inode, each;

/* In C, as functions, because inlines would make the verifier large and slow to compile. */
c_code {
static int is_used(int wanted)
{
    int n;
    for (n = 0; n < JOBS * PLACES; n++) {
        if (now.name[n] == wanted) return 1;
#ifdef POWER_CUTS
        if (now.durable_name[n] == wanted) return 1;
#endif
    }
    for (n = 0; n < PROCESSES; n++)
        if (now.file[n] == wanted || now.fresh[n] == wanted || now.temporary[n] == wanted)
            return 1;
    return 0;
}

static void clear_unused(void)
{
    int n;
    for (n = 1; n < INODES; n++)
        if (!is_used(n)) {
            now.attempts_in[n] = now.state_in[n] = now.runner_in[n] = now.holders[n] = 0;
#ifdef UNWRITTEN
            now.unwritten[n] = now.durable_unwritten[n] = 0;
#endif
        }
}

#ifdef PAUSED
static void pause_holders(int taker, int taken)
{
    int n;
    for (n = 0; n < PROCESSES; n++)
        if (n != taker && now.holders[taken] & 1 << n) now.paused_by[n] = taker + 1;
}

static void resume(int taker)
{
    int n;
    for (n = 0; n < PROCESSES; n++)
        if (now.paused_by[n] == taker + 1) now.paused_by[n] = 0;
}
#endif

#ifdef POWER_CUTS
/* The journal is committed: fsync(2) of a directory, or the kernel by itself. */
static void commit(void)
{
    memcpy(now.durable_name, now.name, sizeof now.name);
    memcpy(now.durable_requests, now.cancel_requests, sizeof now.cancel_requests);
#ifdef UNWRITTEN
    memcpy(now.durable_unwritten, now.unwritten, sizeof now.unwritten);
#endif
    now.is_dirty = 0;
    clear_unused();
}

/* The power fails: what was not committed is undone, and no process is left. */
static void cut(int loses_unwritten)
{
#ifdef UNWRITTEN
    int n;
    for (n = 1; n < INODES; n++)
        if (now.durable_unwritten[n] && loses_unwritten) now.state_in[n] = LOST;
    memset(now.unwritten, 0, sizeof now.unwritten);
    memset(now.durable_unwritten, 0, sizeof now.durable_unwritten);
#endif
    memcpy(now.name, now.durable_name, sizeof now.name);
    memcpy(now.cancel_requests, now.durable_requests, sizeof now.cancel_requests);
    memset(now.owners, 0, sizeof now.owners);
    memset(now.file, 0, sizeof now.file);
    memset(now.fresh, 0, sizeof now.fresh);
    memset(now.temporary, 0, sizeof now.temporary);
    memset(now.command, 0, sizeof now.command);
    memset(now.command_job, 0, sizeof now.command_job);
    memset(now.down, 1, sizeof now.down);
    memset(now.holders, 0, sizeof now.holders);
    now.is_dirty = 0;
    now.boot++;
    clear_unused();
}
#endif
}
#define CLEAR_UNUSED c_code { clear_unused(); }

/* open(O_CREAT|O_EXCL), flock, write, fsync in tmp/: nobody else knows the name, so it is one step. */
inline create_temporary(new_attempts, new_state, new_runner) {
    inode = 1;
    do
    :: state_in[inode] == NO_FILE -> break
    :: else -> inode++; assert(inode < INODES)
    od;
    attempts_in[inode] = new_attempts; state_in[inode] = new_state; runner_in[inode] = new_runner;
    holders[inode] = BIT(me);
    fresh[me] = inode; temporary[me] = inode
}

/* close(2), and with the last open file of it the lock. */
inline close_file(open) {
    inode = open;
    open = 0;
    holders[inode] = holders[inode] & ~BIT(me);
    CLEAR_UNUSED
}

/* Whoever was taken for dead may come back now. */
inline let_others_go_on() {
#ifdef PAUSED
    each = me;
    c_code { resume(each); }
#else
    skip
#endif
}

/* It has been written, but isn't waited for: only a runner does so, with the record of an attempt. */
inline leave_unwritten(replaced) {
#ifdef UNWRITTEN
    if
    :: me >= WORKERS && me < CANCELLER && replaced != FAILED ->
        unwritten[fresh[me]] = 1; durable_unwritten[fresh[me]] = 1
    :: else
    fi
#else
    skip
#endif
}

inline unlink_temporary() {
    inode = temporary[me];
    temporary[me] = 0;
    CLEAR_UNUSED
}

/* renameat2(RENAME_EXCHANGE) between the name in tmp/ and a place where a file is. */
inline exchange(occupied) {
    inode = temporary[me];
    temporary[me] = AT(occupied);
    AT(occupied) = inode;
    CHANGED
}

/* renameat2(RENAME_NOREPLACE) between two places. */
inline rename(old_name, new_name) {
    AT(new_name) = AT(old_name);
    AT(old_name) = 0;
    CHANGED
}

/* The kernel at the death of a process: its files are closed. Whatever it has in tmp/ is swept later. */
inline close_everything() {
    let_others_go_on();
    if :: file[me] -> close_file(file[me]) :: else fi;
    if :: fresh[me] -> close_file(fresh[me]) :: else fi;
    unlink_temporary()
}
