/* At most one job of a key: how a submitter, a retry and a clean go about keys/NAME. See README.md.

   Self-contained: one key, a job and a key file for each submitter. A step is one system call, or several that
   nobody else can see in between. Instead of each a process may die, and between two it may be held up. */

#ifndef SUBMITTERS
#define SUBMITTERS 2
#endif
#ifndef CRASHES
#define CRASHES 1           /* deaths of single processes */
#endif
#ifndef LOOKS
#define LOOKS 2             /* how often a job must be found nowhere */
#endif
#ifndef BACKWARD
#define BACKWARD 0          /* how often a job goes from running/ back to wait */
#endif
#ifndef POWER_CUTS
#define POWER_CUTS 0
#endif
/* How long a key lives: as long as the job's file is kept, while the job is unended, or until its round starts. */
#define KEPT 0
#define END 1
#define START 2
#ifndef UNTIL
#define UNTIL KEPT
#endif
/* Also: CLEAN, a person cleans job 1, or RETRY, retries it, which has ended in the beginning; EMPTIED, a person removes
   a file of tmp/; LIVENESS, check that every submitter is answered. */

#define ONE_LIVING 1
#define ANSWERED_IS_THERE 2
#define ONE_ANSWER 4
#ifndef ASSERTED
#define ASSERTED 7
#endif
/* At most one job of the key lives at once. */
hidden byte one_living;
/* An id that anybody was told belongs to a job that has lain in a place, durably. */
hidden byte answered_is_there;
/* While keys live for ever, everybody is told the same id. */
hidden byte one_answer;
#define HOLDS(flag, property, expression) \
    if :: (ASSERTED) & (flag) -> property = (expression); assert(property) :: else fi

/* Where a job lies. STARTED is running/ with the record of an attempt; RETRYING is where jobs wait, with one. */
#define NOWHERE 0
#define TMP 1
#define WAITING 2
#define RUNNING 3
#define STARTED 4
#define RETRYING 5
#define DONE 6
#define CLEANED 7

#define JOBS (SUBMITTERS + 1)
#define BIT(n) (1 << (n))
/* Processes: the submitters from 1, each with the job and the key file of its number; the retry, with a key file
   for job 1; the clean. */
#define RETRIER (SUBMITTERS + 1)
#define CLEANER (SUBMITTERS + 2)
#define PROCESSES (SUBMITTERS + 3)
#define JOB_OF(key_file) ((key_file) == RETRIER -> 1 : (key_file))

byte place[JOBS];
/* keys/NAME: the number of a key file, or 0. */
byte key;
/* The process that holds a key file's lock. */
byte holder[PROCESSES];
byte alive, finished, existed;
byte crashes = CRASHES, backward = BACKWARD, cuts = POWER_CUTS, told;
#ifdef EMPTIED
byte can_be_emptied = 1;
#else
#define can_be_emptied 0
#endif
/* The machine went down under these. */
byte down;
#if POWER_CUTS
/* What a cut leaves at least. It keeps each later change or undoes it; names don't wait for each other. */
byte durable_place[JOBS], durable_key;
#endif
/* Not part of the state: used within one step only. */
hidden byte subject, seen_at;

/* Whether a job counts as living where it was found; a claim isn't a start, as it may be put back. */
#if UNTIL == KEPT
#define LIVES_AT(p) ((p) >= WAITING && (p) != CLEANED)
#elif UNTIL == END
#define LIVES_AT(p) ((p) >= WAITING && (p) <= RETRYING)
#elif defined(CLAIM_IS_START)
#define LIVES_AT(p) ((p) == WAITING)
#else
#define LIVES_AT(p) ((p) == WAITING || (p) == RUNNING)
#endif
/* Whether two jobs may not both be there. */
#if UNTIL == START
#define EXCLUDES_AT(p) ((p) == WAITING)
#else
#define EXCLUDES_AT(p) LIVES_AT(p)
#endif

/* In C, as functions, because inlines would make the verifiers slow to compile. */
c_code {
static void observe(void)
{
    int n, living = 0;
    for (n = 1; n < JOBS; n++) {
        living += EXCLUDES_AT(now.place[n]);
#if POWER_CUTS
        if (now.durable_place[n] >= WAITING) now.existed |= BIT(n);
#else
        if (now.place[n] >= WAITING) now.existed |= BIT(n);
#endif
    }
    one_living = !(ASSERTED & ONE_LIVING) || living <= 1;
}

static void close_files(void)
{
    int n;
    for (n = 1; n < PROCESSES; n++)
        if (now.holder[n] == subject) now.holder[n] = 0;
}

#if POWER_CUTS
/* fsync(2) of the directory where the job was found: durable up to its last change of that directory. */
static void sync_place(void)
{
    int is = now.place[subject], was = now.durable_place[subject];
    if ((seen_at == WAITING || seen_at == RETRYING) && is >= STARTED && is != RETRYING) {
        /* It left for running/, and what came after that may be undone. */
        if (was < RUNNING) is = RUNNING;
        else is = was == RETRYING ? STARTED : was;
    } else if ((seen_at == RUNNING || seen_at == STARTED) && is == CLEANED)
        is = was < DONE ? DONE : was;
    else if (seen_at == DONE && (is == RUNNING || is == STARTED))
        is = was == RUNNING ? RUNNING : WAITING;
    now.durable_place[subject] = is;
}
#endif
}

inline observe() {
    c_code { observe(); };
    assert(one_living)
}

/* rename(2) of a job. The kernel may have written its former name by itself. */
inline move(moved, to) {
#if POWER_CUTS
    if
    :: place[moved] != TMP && durable_place[moved] != place[moved] -> durable_place[moved] = place[moved]
    :: skip
    fi;
#endif
    place[moved] = to;
    observe()
}

inline set_key(key_file) {
#if POWER_CUTS
    if
    :: durable_key != key -> durable_key = key
    :: skip
    fi;
#endif
    key = key_file
}

/* fsync(2) of keys/. */
#if POWER_CUTS
#define SYNC_KEYS STEP(durable_key = key)
#define SYNC_PLACE(synced, found) STEP(sync_place(synced, found))
#else
#define SYNC_KEYS skip
#define SYNC_PLACE(synced, found) skip
#endif

inline sync_place(synced, found) {
    subject = synced; seen_at = found;
    c_code { sync_place(); };
    observe()
}

/* One system call. Instead of it the process may die. */
#define STEP(...) \
    atomic { \
        if \
        :: down & BIT(me) -> goto died \
        :: !(down & BIT(me)) && crashes > 0 -> crashes--; goto died \
        :: !(down & BIT(me)) -> __VA_ARGS__ \
        fi \
    }

/* Open and flock(LOCK_EX|LOCK_NB) of the key file `old`; then whether keys/NAME still is that file. */
inline lock_key() {
    STEP(
        if
        :: holder[old] == 0 -> holder[old] = me; is_locked = 1
        :: else
        fi);
    if
    :: is_locked ->
#ifndef NO_PATH_CHECK
        STEP(
            if
            :: key != old -> holder[old] = 0; is_locked = 0
            :: else
            fi)
#endif
    :: else
    fi
}

inline unlock_key() { STEP(holder[old] = 0; is_locked = 0) }

/* Looks for the job in the places in the order a job goes, LOOKS times. */
inline look_for(sought) {
    looks = 0; found = NOWHERE;
    do
    :: looks < LOOKS && !found ->
        STEP(if :: place[sought] == WAITING || place[sought] == RETRYING -> found = place[sought] :: else fi);
        if
        :: !found ->
            STEP(if :: place[sought] == RUNNING || place[sought] == STARTED -> found = place[sought] :: else fi)
        :: else
        fi;
        if :: !found -> STEP(if :: place[sought] == DONE -> found = DONE :: else fi) :: else fi;
        looks++
    :: else -> break
    od;
    looks = 0
}

/* The job that the key file `old` names: brought on to its place if it isn't there yet, then looked for. */
inline settle() {
#ifdef NOT_HELPED
    STEP(if :: place[JOB_OF(old)] == TMP -> found = WAITING :: else found = NOWHERE fi);
    if :: !found -> look_for(JOB_OF(old)) :: else fi
#else
    STEP(found = (place[JOB_OF(old)] == TMP -> TMP : NOWHERE));
    if
    :: found == TMP ->
#ifndef HELPED_BEFORE_SYNC
        SYNC_KEYS;
#endif
        STEP(if :: place[JOB_OF(old)] == TMP -> move(JOB_OF(old), WAITING) :: else fi)
    :: else
    fi;
    look_for(JOB_OF(old))
#endif
}

/* The kernel at the end of a process: its files are closed. */
inline end_process() {
    subject = me;
    c_code { close_files(); };
    alive = alive & ~BIT(me);
    finished = finished | BIT(me)
}

proctype Submitter(byte me) {
    byte old, found, looks, id;
    bit is_locked;
    /* Before its first step it hasn't begun, and no cut concerns it. */
    atomic { alive = alive | BIT(me); move(me, TMP) };
#ifdef JOB_BEFORE_KEY
    STEP(move(me, WAITING));
#endif
again:
    /* rename(2) of its key file to keys/NAME, where none may be; or open and read of the one that is there. */
    atomic { old = 0; found = 0 };
    STEP(
        if
        :: key == 0 -> set_key(me); goto published
        :: else -> old = key
        fi);
settling:
    settle();
    if
    :: LIVES_AT(found) ->
        if :: is_locked -> unlock_key() :: else fi;
        id = JOB_OF(old);
        goto to_be_told
    :: else
    fi;
#ifndef REPLACED_WITHOUT_LOCK
    if
    :: !is_locked ->
        lock_key();
        if :: !is_locked -> goto again :: else fi;
#ifndef NOT_SETTLED_AGAIN
        goto settling
#endif
    :: else
    fi;
#endif
#ifndef TAKEN_WITHOUT_SYNC
    /* So that no cut makes the former job live again. */
    if :: found -> SYNC_PLACE(JOB_OF(old), found) :: else fi;
#endif
    STEP(set_key(me));
#ifndef REPLACED_WITHOUT_LOCK
    unlock_key();
#endif
published:
    atomic { old = 0; found = 0; id = me };
#ifndef PLACED_BEFORE_SYNC
    SYNC_KEYS;
#endif
    STEP(if :: place[me] == TMP -> move(me, WAITING); found = WAITING :: else fi);
#ifndef NO_CHECK_AFTER_ENOENT
    if :: !found -> look_for(me) :: else fi;
    /* Somebody has removed it: that is what it says. */
    if :: !found -> goto ended :: else fi;
#else
    found = WAITING;
#endif
to_be_told:
#ifndef TOLD_WITHOUT_SYNC
    if :: id != me -> SYNC_KEYS :: else fi;
    SYNC_PLACE(id, found);
#else
    if :: id == me -> SYNC_PLACE(id, found) :: else fi;
#endif
#ifdef PLACED_BEFORE_SYNC
    SYNC_KEYS;
#endif
    /* Its own job in tmp/ is removed if it wasn't needed. */
    STEP(
        HOLDS(ANSWERED_IS_THERE, answered_is_there, existed & BIT(id));
#if UNTIL == KEPT && !defined(CLEAN)
        HOLDS(ONE_ANSWER, one_answer, told == 0 || told == id);
        told = id;
#endif
        if :: id != me && place[me] == TMP -> move(me, NOWHERE) :: else fi);
    goto ended;
died:
    skip;
ended:
    atomic { end_process(); old = 0; found = 0; looks = 0; id = 0; is_locked = 0 }
}

#ifdef RETRY
/* `spool retry` of job 1, which has ended: from done/ back to wait. */
proctype Retrier(byte me) {
    byte old, found, looks;
    bit is_locked;
    atomic { alive = alive | BIT(me) };
again:
    atomic { old = 0; found = 0 };
    /* Its own key file is locked before it has a name: until the rename it names a job that has ended. */
    STEP(
        if
        :: key == 0 ->
            set_key(me);
#ifndef NEW_KEY_UNLOCKED
            holder[me] = me;
#endif
            goto published
        :: else -> old = key
        fi);
#ifndef RETRIED_WITHOUT_LOCK
    lock_key();
    if :: !is_locked -> goto again :: else fi;
#endif
    if
    :: JOB_OF(old) != 1 ->
        settle();
        if :: LIVES_AT(found) -> goto ended :: else fi;
        if :: found -> SYNC_PLACE(JOB_OF(old), found) :: else fi;
        STEP(
            set_key(me);
#ifndef NEW_KEY_UNLOCKED
            holder[me] = me
#endif
            )
    :: else
    fi;
published:
#ifndef RETRIED_BEFORE_SYNC
    SYNC_KEYS;
#endif
    STEP(if :: place[1] == DONE -> move(1, WAITING) :: else fi);
    SYNC_PLACE(1, WAITING);
    goto ended;
died:
    skip;
ended:
    atomic { end_process(); old = 0; found = 0; looks = 0; is_locked = 0 }
}
#endif

#ifdef CLEAN
/* `spool clean` of job 1, which has ended. */
proctype Cleaner(byte me) {
    byte old;
    bit is_locked;
    atomic { alive = alive | BIT(me) };
again:
    old = 0;
    STEP(old = key);
#ifndef CLEANED_WITHOUT_LOCK
    if
    :: old && JOB_OF(old) == 1 ->
        lock_key();
        if :: !is_locked -> goto again :: else fi
    :: else
    fi;
#endif
#ifdef KEY_CLEANED_FIRST
    if :: old && JOB_OF(old) == 1 -> STEP(set_key(0)) :: else fi;
#endif
    STEP(if :: place[1] == DONE -> move(1, CLEANED) :: else goto ended fi);
    SYNC_PLACE(1, DONE);
#ifndef KEY_CLEANED_FIRST
    if :: old && JOB_OF(old) == 1 -> STEP(set_key(0)) :: else fi;
#endif
    goto ended;
died:
    skip;
ended:
    atomic { end_process(); old = 0; is_locked = 0 }
}
#endif

/* Workers, who run what waits; the sweep of tmp/, which takes files of the dead; a person who takes one too. */
#define CAN_GO_ON(n) \
    (place[n] >= WAITING && place[n] <= RETRYING || place[n] == TMP && (!(alive & BIT(n)) || can_be_emptied))

inline go_on(n) {
    if
    :: place[n] == WAITING -> move(n, RUNNING)
    :: place[n] == RUNNING && backward > 0 -> backward--; move(n, WAITING)
    :: place[n] == RUNNING || place[n] == RETRYING -> move(n, STARTED)
#ifdef START_TAKEN_BACK
    :: place[n] == STARTED && backward > 0 -> backward--; move(n, WAITING)
#else
    :: place[n] == STARTED && backward > 0 -> backward--; move(n, RETRYING)
#endif
    :: place[n] == STARTED ->
        /* Its end is durable before it leaves. */
#if POWER_CUTS
        sync_place(n, STARTED);
#endif
        move(n, DONE)
    :: place[n] == TMP && !(alive & BIT(n)) -> move(n, NOWHERE)
#ifdef EMPTIED
    :: place[n] == TMP && alive & BIT(n) -> can_be_emptied = 0; move(n, NOWHERE)
#endif
    fi
}

active proctype Surroundings() {
    byte job;
end:
    do
    :: atomic { CAN_GO_ON(1) -> go_on(1) }
    :: atomic { CAN_GO_ON(2) -> go_on(2) }
#if SUBMITTERS > 2
    :: atomic { CAN_GO_ON(3) -> go_on(3) }
#endif
#if POWER_CUTS
    :: atomic {
        cuts > 0 -> cuts--;
        for (job : 1 .. SUBMITTERS) {
            if
            :: place[job] = durable_place[job]
            :: skip
            fi;
            durable_place[job] = (place[job] == TMP -> NOWHERE : place[job])
        };
        if
        :: key = durable_key
        :: skip
        fi;
        durable_key = key;
        c_code { memset(now.holder, 0, sizeof now.holder); };
        down = alive;
        alive = 0;
        job = 0;
        observe()
       }
#endif
    od
}

init {
    byte n;
    atomic {
#if defined(RETRY) || defined(CLEAN)
        place[1] = DONE;
        key = 1;
        existed = BIT(1);
        finished = BIT(1);
#if POWER_CUTS
        durable_place[1] = DONE;
        durable_key = 1;
#endif
        n = 2;
#else
        n = 1;
#endif
        do
        :: n <= SUBMITTERS -> run Submitter(n); n++
        :: else -> break
        od;
#ifdef RETRY
        run Retrier(RETRIER);
#endif
#ifdef CLEAN
        run Cleaner(CLEANER);
#endif
        n = 0
    }
}

#ifdef LIVENESS
#define EVERYBODY (BIT(SUBMITTERS + 1) - 2)
ltl every_submitter_answered { <> ((finished & EVERYBODY) == EVERYBODY) }
#endif
