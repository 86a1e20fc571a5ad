/* Jobs that wait for others: hints in waits/, notices in waits/ended/, and the workers who evaluate. See README.md.

   Self-contained: two or three jobs, whose places, hints, notices and locks are all there is. A step is one system
   call, or several that nobody else can see in between. Instead of each a process may die. */

#ifndef WORKERS
#define WORKERS 1           /* started again when they die */
#endif
#ifndef CRASHES
#define CRASHES 1           /* deaths of single processes */
#endif
#ifndef RETRIES
#define RETRIES 0           /* how often a person retries job 1, which has failed */
#endif
/* Who waits for whom: by default job 2 for job 1; CHAIN: and 3 for 2; BOTH: 3 for 1 and 2.
   Also: SUBMITTED, all were submitted in the beginning; CANCEL, a person cancels that job, while it waits;
   MOVED_BACK, a person moves job 2 from failed/ to blocked/; EDITOR, a person holds the lock of the last job for a
   while; REMOVED, a person removes job 1; RESCAN, workers look at everything again, once nothing was reported for long;
   ELSE_WAIT, a waiter stays when its dependency has failed; LIVENESS, check that every waiter leaves. */

#define NO_WAITER_HANGS 1
#define RELEASED_RIGHTLY 2
#define SETTLED_ONCE 4
#ifndef ASSERTED
#define ASSERTED 7
#endif
/* When nothing is left to be done, nobody waits whose dependencies have ended. */
hidden byte no_waiter_hangs;
/* A waiter is released only if each dependency has succeeded at some moment of its evaluation. */
hidden byte released_rightly;
/* A waiter is released or cancelled once. */
hidden byte settled_once;
#define HOLDS(flag, property, expression) \
    if :: (ASSERTED) & (flag) -> property = (expression); assert(property) :: else fi

#define TMP 0
#define WAITING 1
#define RUNNING 2
#define BLOCKED 3
#define DONE 4
#define FAILED 5
#define REMOVED_BY_HAND 6
/* What an evaluation that waits looks for again: ELSE_WAIT waits for the retry of what has failed. */
#ifdef ELSE_WAIT
#define IS_NEWS(job) (place[job] == DONE)
#else
#define IS_NEWS(job) (place[job] >= DONE)
#endif

#define BIT(n) (1 << (n))
#if defined(CHAIN)
#define JOBS 3
#define WAITERS (BIT(2) | BIT(3))
#define WAITS_FOR(waiter) BIT((waiter) - 1)
#elif defined(BOTH)
#define JOBS 3
#define WAITERS BIT(3)
#define WAITS_FOR(waiter) (BIT(1) | BIT(2))
#else
#define JOBS 2
#define WAITERS BIT(2)
#define WAITS_FOR(waiter) BIT(1)
#endif

/* Processes by number: workers from 1, the runners of each job, the others. */
#define RUNNER_OF(job) (WORKERS + (job))
#define SUBMITTER (WORKERS + JOBS + 1)
#define CANCELLER (WORKERS + JOBS + 2)
#define EDITING (WORKERS + JOBS + 3)

byte place[JOBS + 1];
/* The process that holds the lock of a job in blocked/. */
byte holder[JOBS + 1];
/* waits/DEPENDENCY/WAITER: a bit for each waiter. */
byte hints[JOBS + 1];
/* waits/ended/JOB and the same with .taken: whether it is there, and who holds its lock. */
byte notices, taken_notices;
byte notice_holder[JOBS + 1], taken_holder[JOBS + 1];
/* Runners that have died with their job in running/. */
byte orphans;
/* Workers: who has watches, who lies in workers/, who has to look at everything. What each was told of. */
byte watching, registered, has_to_look;
byte arrivals[WORKERS + 1];
/* The worker that claimed the job, as long as it lives; by worker, the jobs in running/ that it has adopted. */
byte parent[JOBS + 1], adopted[WORKERS + 1];
byte crashes = CRASHES, retries = RETRIES, rescans;

/* Only to say what must hold: dependencies that have succeeded since a waiter's evaluation began; those settled. */
byte met[JOBS + 1], settled;
bit is_submitted;
hidden byte each, subject;

/* A dead worker's notice: nobody holds its lock. */
#ifdef TAKEN_IGNORED
#define LOOKS_ABANDONED(job) 0
#else
#define LOOKS_ABANDONED(job) (taken_holder[job] == 0)
#endif

/* One system call, when it is worth while: where a process looks again and again, it waits. */
#define STEP_WHEN(guard, ...) \
    atomic { \
        if \
        :: crashes > 0 && (guard) -> crashes--; goto died \
        :: guard -> __VA_ARGS__ \
        fi \
    }
#define STEP(...) STEP_WHEN(1, __VA_ARGS__)

/* In C, as functions, because inlines would make the verifiers slow to compile. */
c_code {
static void note_success(int job)
{
    int n;
    for (n = 1; n <= JOBS; n++)
        if (now.holder[n]) now.met[n] |= BIT(job);
}

static void begin_evaluation(int job)
{
    int n;
    now.met[job] = 0;
    for (n = 1; n <= JOBS; n++)
        if (now.place[n] == DONE) now.met[job] |= BIT(n);
}

static int blocked(void)
{
    int n, all = 0;
    for (n = 1; n <= JOBS; n++)
        if (now.place[n] == BLOCKED) all |= BIT(n);
    return all;
}

static void tell_of_arrival(int job)
{
    int n;
    for (n = 1; n <= WORKERS; n++)
        if (now.watching & BIT(n)) now.arrivals[n] |= BIT(job);
}

/* A runner has died after its last rename: its parent looks in its place at who waits. */
static void tell_parent(int job)
{
    now.arrivals[now.parent[job]] |= now.parent[job] ? now.hints[job] : 0;
}

/* A worker has died, or none lived: each job in running/ without a parent is watched by those who look. */
static void adopt(int worker)
{
    int n;
#ifndef NOT_ADOPTED
    for (n = 1; n <= JOBS; n++)
        if (now.place[n] == RUNNING && !now.parent[n]) now.adopted[worker] |= BIT(n);
#endif
}

static void remove_hints(int waiter)
{
    int n;
    for (n = 1; n <= JOBS; n++) now.hints[n] &= ~BIT(waiter);
}

/* The kernel at the end of a process: its files are closed. */
static void close_files(int process)
{
    int n;
    for (n = 1; n <= JOBS; n++) {
        if (now.holder[n] == process) now.holder[n] = now.met[n] = 0;
        if (now.notice_holder[n] == process) now.notice_holder[n] = 0;
        if (now.taken_holder[n] == process) now.taken_holder[n] = 0;
    }
}
}

inline close_all() { each = me; c_code { close_files(each); } }
inline unlock(job) { holder[job] = 0; met[job] = 0 }

inline move(job, to) {
    place[job] = to;
    subject = job;
    if
    :: to == DONE -> c_code { note_success(subject); }
    :: to == BLOCKED -> c_code { tell_of_arrival(subject); }
    :: else
    fi
}

inline settle(job) {
    HOLDS(SETTLED_ONCE, settled_once, !(settled & BIT(job)));
    settled = settled | BIT(job)
}

/* A command, or a worker, ends a job that lies in `from`: notice first, locked until the rename. */
inline end_by_command(job, from) {
#ifdef COMMAND_NOTICE_AFTER
    STEP(if :: place[job] == from -> move(job, FAILED); if :: from == BLOCKED -> settle(job) :: else fi :: else fi);
    STEP(if :: hints[job] -> notices = notices | BIT(job) :: else fi)
#else
    STEP_WHEN(!(notices & BIT(job)) || notice_holder[job] == 0,
        notices = notices | BIT(job);
#ifndef COMMAND_NOTICE_UNLOCKED
        notice_holder[job] = me
#endif
        );
    STEP(if :: place[job] == from -> move(job, FAILED); if :: from == BLOCKED -> settle(job) :: else fi :: else fi);
#ifdef COMMAND_REMOVES_NOTICE
    STEP(is_awaited = (hints[job] != 0));
    STEP(
        if :: !is_awaited -> notices = notices & ~BIT(job) :: else fi;
        notice_holder[job] = 0;
        is_awaited = 0)
#elif !defined(COMMAND_NOTICE_UNLOCKED)
    /* It stays for a worker, even if nobody waits: a runner may have found it there, and rely on it. */
    STEP(notice_holder[job] = 0)
#endif
#endif
}

/* A worker. Each dependency is looked at in one step: the order of the looks is that of key.pml. */
proctype Worker(byte me) {
    byte job, dependency, todo, taken, unended;
    bit has_failed, is_awaited;
start:
    /* It watches before it looks whether another lives, and looks before it can be seen itself. */
#ifdef REGISTERED_FIRST
    STEP(watching = watching | BIT(me); registered = registered | BIT(me));
    STEP(if :: registered == BIT(me) -> has_to_look = has_to_look | BIT(me) :: else fi);
#else
    STEP(watching = watching | BIT(me));
    STEP(if :: registered == 0 -> has_to_look = has_to_look | BIT(me) :: else fi);
    STEP(registered = registered | BIT(me));
#endif
end_idle:
    atomic {
        if
        :: arrivals[me] -> todo = arrivals[me]; arrivals[me] = 0; goto evaluating
        :: has_to_look & BIT(me) ->
            has_to_look = has_to_look & ~BIT(me);
            /* running/ first: what leaves it later is seen to leave. */
            each = me;
            c_code { adopt(each); each = blocked(); };
            todo = each;
            goto evaluating
        :: adopted[me] & BIT(1) && place[1] != RUNNING ->
            adopted[me] = adopted[me] & ~BIT(1); todo = hints[1]; goto evaluating
        :: adopted[me] & BIT(2) && place[2] != RUNNING ->
            adopted[me] = adopted[me] & ~BIT(2); todo = hints[2]; goto evaluating
        :: notices & BIT(1) && notice_holder[1] == 0 -> job = 1
        :: notices & BIT(2) && notice_holder[2] == 0 -> job = 2
        :: taken_notices & BIT(1) && LOOKS_ABANDONED(1) -> job = 1; goto taking_over
        :: taken_notices & BIT(2) && LOOKS_ABANDONED(2) -> job = 2; goto taking_over
        :: orphans & BIT(1) -> job = 1; goto recovering
#if JOBS > 2
        :: orphans & BIT(2) -> job = 2; goto recovering
#endif
        fi;
        notice_holder[job] = me
    };
    /* rename(2) to .taken, where none may be; the lock goes with it. */
    STEP(
        if
        :: taken_notices & BIT(job) -> notice_holder[job] = 0; job = 0; goto end_idle
        :: else ->
            notices = notices & ~BIT(job);
            notice_holder[job] = 0;
            taken_notices = taken_notices | BIT(job);
            taken_holder[job] = me
        fi);
took:
    atomic { taken = job; job = 0 };
#ifdef REMOVED_BEFORE_EVALUATION
    STEP(todo = hints[taken]; taken_notices = taken_notices & ~BIT(taken); taken_holder[taken] = 0; taken = 0);
#else
    STEP(todo = hints[taken]);
#endif
    goto evaluating;
taking_over:
    STEP(
        if
        :: taken_notices & BIT(job) && taken_holder[job] == 0 -> taken_holder[job] = me
        :: else -> job = 0; goto end_idle
        fi);
    goto took;
recovering:
    /* The job's lock is taken: nobody else recovers it. */
    STEP(if :: orphans & BIT(job) -> orphans = orphans & ~BIT(job); taken = job :: else -> job = 0; goto end_idle fi);
    end_by_command(job, RUNNING);
    atomic { taken = 0; job = 0 };
    goto end_idle;

evaluating:
    atomic {
        unended = 0; has_failed = 0; dependency = 0; job = 0;
        if
        :: todo & BIT(2) -> job = 2
        :: todo & BIT(3) && !(todo & BIT(2)) -> job = 3
        :: todo == 0 -> goto evaluated
        fi;
        todo = todo & ~BIT(job)
    };
    /* Its lock; it is waited for in the sense that it is looked at again. */
#if defined(BUSY_LEFT) || defined(COPIED_WITHOUT_LOCK)
    STEP_WHEN(1,
#else
    STEP_WHEN(place[job] != BLOCKED || holder[job] == 0,
#endif
        if
#ifndef COPIED_WITHOUT_LOCK
        :: place[job] != BLOCKED || holder[job] -> goto evaluating
#else
        :: place[job] != BLOCKED -> goto evaluating
#endif
        :: else -> holder[job] = me; each = job; c_code { begin_evaluation(each); }
        fi);
looking:
    atomic { unended = 0; has_failed = 0; dependency = 1 };
    do
    :: dependency < JOBS && WAITS_FOR(job) & BIT(dependency) ->
        STEP(
            if
#ifdef NOTICE_TRUSTED
            :: dependency == taken
#endif
            :: place[dependency] == DONE
#ifndef ELSE_WAIT
            :: place[dependency] == FAILED || place[dependency] == REMOVED_BY_HAND -> has_failed = 1
#elif defined(FAILED_NOT_WATCHED)
            :: place[dependency] == FAILED -> unlock(job); dependency = 0; goto evaluating
#endif
            :: else -> unended = unended | BIT(dependency)
            fi;
            dependency++)
    :: dependency < JOBS && !(WAITS_FOR(job) & BIT(dependency)) -> dependency++
    :: else -> break
    od;
    dependency = 0;
    if
    :: has_failed ->
        end_by_command(job, BLOCKED);
        STEP(each = job; c_code { remove_hints(each); }; unlock(job))
    :: !has_failed && !unended ->
        STEP(
            if
#ifdef COPIED_WITHOUT_LOCK
            :: place[job] != TMP ->
#else
            :: place[job] == BLOCKED ->
#endif
                HOLDS(RELEASED_RIGHTLY, released_rightly, (met[job] & WAITS_FOR(job)) == WAITS_FOR(job));
                settle(job);
                move(job, WAITING)
            :: else
            fi);
        STEP(each = job; c_code { remove_hints(each); }; unlock(job))
    :: else ->
        /* Hints first, then the second look at one of them. */
        if
        :: unended & BIT(1) -> dependency = 1
        :: else -> dependency = 2
        fi;
#ifdef SECOND_LOOK_FIRST
        STEP(if :: IS_NEWS(dependency) -> goto looking :: else fi);
#endif
        STEP(
            if :: unended & BIT(1) -> hints[1] = hints[1] | BIT(job) :: else fi;
            if :: unended & BIT(2) -> hints[2] = hints[2] | BIT(job) :: else fi);
#if !defined(NO_SECOND_LOOK) && !defined(SECOND_LOOK_FIRST)
        STEP(if :: IS_NEWS(dependency) -> goto looking :: else fi);
#endif
        STEP(unlock(job); dependency = 0)
    fi;
    goto evaluating;
evaluated:
    if
    :: taken -> STEP(taken_notices = taken_notices & ~BIT(taken); taken_holder[taken] = 0; taken = 0)
    :: else
    fi;
    goto end_idle;

died:
    atomic {
        close_all();
        watching = watching & ~BIT(me);
        registered = registered & ~BIT(me);
        has_to_look = has_to_look & ~BIT(me);
        arrivals[me] = 0;
        if :: parent[1] == me -> parent[1] = 0 :: else fi;
        if :: parent[2] == me -> parent[2] = 0 :: else fi;
        adopted[me] = 0;
        if :: taken && place[taken] == RUNNING -> orphans = orphans | BIT(taken) :: else fi;
#ifndef NO_LOOK_AFTER_WORKER
        has_to_look = has_to_look | watching;
#endif
        job = 0; dependency = 0; todo = 0; taken = 0; unended = 0; has_failed = 0; is_awaited = 0;
        goto start
    }
}

/* The runner of a job: claim, end, then the look at waits/JOB. A new one comes for each attempt. */
proctype Runner(byte me; byte job) {
    bit has_left;
end_claim:
    atomic {
        place[job] == WAITING && registered -> move(job, RUNNING);
        has_left = 0;
        parent[job] = (registered & BIT(1) -> 1 : 2)
    };
#ifdef LOOKED_BEFORE_END
    STEP(if :: hints[job] -> notices = notices | BIT(job) :: else fi);
#endif
    STEP(
        if
        :: move(job, DONE)
        :: move(job, FAILED)
        fi;
        has_left = 1);
#ifndef LOOKED_BEFORE_END
    STEP(if :: hints[job] :: else -> parent[job] = 0; goto end_claim fi);
    STEP(notices = notices | BIT(job); parent[job] = 0);
#endif
    goto end_claim;
died:
    /* Its death is noticed, and its job recovered. */
    atomic {
        if
        :: !has_left -> orphans = orphans | BIT(job)
        :: else ->
#ifndef NO_LOOK_AFTER_RUNNER
            each = job;
            c_code { tell_parent(each); }
#endif
        fi;
        parent[job] = 0;
        goto end_claim
    }
}

/* `spool submit` of all waiters: the hints of each, then itself. Dependencies come before those who wait for them. */
proctype Submitter(byte me) {
    byte job;
    job = 2;
    do
    :: job <= JOBS ->
        if
        :: WAITERS & BIT(job) ->
#ifndef NO_HINTS_AT_SUBMIT
            if :: WAITS_FOR(job) & BIT(1) -> STEP(hints[1] = hints[1] | BIT(job)) :: else fi;
            if :: WAITS_FOR(job) & BIT(2) -> STEP(hints[2] = hints[2] | BIT(job)) :: else fi;
#endif
            STEP(move(job, BLOCKED))
        :: else
        fi;
        job++
    :: else -> break
    od;
died:
    is_submitted = 1
}

#ifdef CANCEL
proctype Canceller(byte me) {
    bit is_awaited;
    byte from;
    atomic {
        if
        :: place[CANCEL] == WAITING -> from = WAITING
        :: place[CANCEL] == BLOCKED && holder[CANCEL] == 0 -> from = BLOCKED; holder[CANCEL] = me
        :: goto died
        fi
    };
    end_by_command(CANCEL, from);
died:
    atomic { close_all(); is_awaited = 0; from = 0 }
}
#endif

#ifdef EDITOR
/* `spool edit` of the last job: it holds its lock. */
proctype Editor(byte me) {
    atomic {
        if
        :: place[JOBS] == BLOCKED && holder[JOBS] == 0 -> holder[JOBS] = me
        :: skip
        fi
    };
    atomic { close_all() }
}
#endif

/* A person: retries a job that has failed; removes one. */
active proctype Person() {
end:
    do
    :: atomic { retries > 0 && place[1] == FAILED -> retries--; if :: move(1, WAITING) :: skip fi }
#ifdef MOVED_BACK
    :: atomic { place[2] == FAILED -> settled = settled & ~BIT(2); move(2, BLOCKED); break }
#endif
#ifdef REMOVED
    :: atomic { place[1] == WAITING || place[1] == DONE || place[1] == FAILED -> move(1, REMOVED_BY_HAND); break }
    :: break
#endif
    od;
end_removed:
    false
}

#ifdef ELSE_WAIT
#define NOBODY_HANGS (is_submitted && (place[2] != BLOCKED || place[1] == FAILED))
#else
#define NOBODY_HANGS (is_submitted && place[2] != BLOCKED && place[JOBS] != BLOCKED)
#endif

/* Nothing is left to be done: nobody may wait. */
active proctype Monitor() {
end:
    do
    :: timeout ->
        if
#ifdef RESCAN
        :: !rescans && !NOBODY_HANGS -> rescans = 1; has_to_look = has_to_look | registered
#endif
        :: else ->
            HOLDS(NO_WAITER_HANGS, no_waiter_hangs, NOBODY_HANGS);
            break
        fi
    od
}

init {
    byte n;
    atomic {
        for (n : 1 .. JOBS) {
            if
            :: !(WAITERS & BIT(n)) -> place[n] = WAITING
            :: else
            fi;
            run Runner(RUNNER_OF(n), n)
        };
#ifdef SUBMITTED
        for (n : 2 .. JOBS) {
            if
            :: WAITERS & BIT(n) ->
                place[n] = BLOCKED;
                if :: WAITS_FOR(n) & BIT(1) -> hints[1] = hints[1] | BIT(n) :: else fi;
                if :: WAITS_FOR(n) & BIT(2) -> hints[2] = hints[2] | BIT(n) :: else fi
            :: else
            fi
        };
        is_submitted = 1;
#else
        run Submitter(SUBMITTER);
#endif
        for (n : 1 .. WORKERS) { run Worker(n) };
#ifdef CANCEL
        run Canceller(CANCELLER);
#endif
#ifdef EDITOR
        run Editor(EDITING);
#endif
        n = 0
    }
}

#ifdef LIVENESS
ltl every_waiter_leaves { <> NOBODY_HANGS }
#endif
