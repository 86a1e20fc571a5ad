/* Jobs with one key: submitters, a worker, a person who retries, one who cleans, deaths, a power cut.

   Job n is that of submitter n, and so is key's file n. `keyed` says which of them lies in keys/. A retry may make one
   more file for the job that it retries: a file that comes anew is another one, whatever it says.

   Definitions: UNTIL_END (otherwise the key is kept), SUBMITTERS, CRASHES, CUTS (a submitter more comes after the cut),
   RETRIES by hand (one at most), CLEANS, BACK (moves from running/ to wait again), and the defects, each at its place. */

#define ONE_LIVING 1
#define TOLD_IS_THERE 2
#ifndef ASSERTED
#define ASSERTED 3
#endif

#ifndef SUBMITTERS
#define SUBMITTERS 2
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef CUTS
#define CUTS 0
#endif
#ifndef RETRIES
#define RETRIES 0
#endif
#ifndef CLEANS
#define CLEANS 0
#endif
#ifndef BACK
#define BACK 0
#endif
#ifdef ONE_LOOK
#define LOOKS 1
#else
#define LOOKS 3
#endif

mtype = { nowhere, temporary, waiting, running, ended }

/* The last one comes after a cut. */
#define LATE (SUBMITTERS + 1)
#define JOBS (LATE + 1)
/* The process number of a person, and the number of the key's file that a retry makes. */
#define PERSON JOBS
#define FILES (JOBS + 1)

/* As processes see it, and as the disk has it: a cut leaves each name as the one or the other. */
mtype place[JOBS] = nowhere;
mtype placed[JOBS] = nowhere;
byte keyed, keyed_on_disk;
/* Who has the lock of each key's file; 0: nobody. */
byte lock[FILES];
/* The job that the file of a retry names. */
byte retried;
#define job_of(file) (file == PERSON -> retried : file)
bool is_dead[JOBS];
bool is_told[JOBS];
bool is_cleaned[JOBS];
byte crashes = CRASHES, cuts = CUTS, retries = RETRIES, cleans = CLEANS, back = BACK;

/* One job at most has the key. */
bool one_living = true;
/* A job that somebody was told of is in the spool. */
bool told_is_there = true;

#ifdef UNTIL_END
#define keeps_key(where) (where == waiting || where == running)
#else
#define keeps_key(where) (where == waiting || where == running || where == ended)
#endif

/* After each change of a place. */
inline judge() {
    d_step {
        count = 0;
        each = 1;
        do
        :: each < JOBS ->
            if
            :: keeps_key(place[each]) -> count++
            :: else
            fi;
            if
            :: is_told[each] && !is_cleaned[each] && (place[each] == nowhere || place[each] == temporary) ->
                told_is_there = false
            :: else
            fi;
            each++
        :: else -> break
        od;
        one_living = count <= 1;
        count = 0;
        each = 0;
        assert(one_living || !((ASSERTED) & ONE_LIVING));
        assert(told_is_there || !((ASSERTED) & TOLD_IS_THERE))
    }
}

/* A job in such a place, where there is one. */
#define is_any(where) (place[1] == where || place[2] == where || place[JOBS - 1] == where || place[JOBS - 2] == where)
#define pick(where, job) \
    if :: place[1] == where -> job = 1 :: place[2] == where -> job = 2 \
       :: place[JOBS - 2] == where -> job = JOBS - 2 :: place[JOBS - 1] == where -> job = JOBS - 1 fi

/* Looks for a job place by place, as often as LOOKS says. One that goes back meanwhile may be missed once. */
inline look(job) {
    looks = 0;
    found = nowhere;
    do
    :: looks < LOOKS && found == nowhere ->
        if
        :: place[job] == waiting -> found = waiting
        :: else
        fi;
        if
        :: found == nowhere && place[job] == running -> found = running
        :: else
        fi;
        if
        :: found == nowhere && place[job] == ended -> found = ended
        :: else
        fi;
        looks++
    :: else -> break
    od;
    looks = 0
}

/* Whether the job of a key's file has the key. One that has no place yet is brought there. */
inline settle(job) {
#ifndef NO_HELP
    if
    :: place[job] == temporary ->
#ifndef HELP_BEFORE_SYNC
        keyed_on_disk = keyed;
#endif
        atomic {
            if
            :: place[job] == temporary -> place[job] = waiting; judge()
            :: else
            fi
        }
    :: else
    fi;
#endif
    look(job);
#ifdef NO_HELP
    /* It is told of as if it were there. */
    if
    :: found == nowhere && place[job] == temporary -> found = waiting
    :: else
    fi;
#endif
    if
    :: !keeps_key(found) -> found = nowhere
    :: else
    fi
}

/* Tells of an earlier job, once that is durable. */
inline tell_of(job) {
#ifndef EARLIER_NOT_SYNCED
    keyed_on_disk = keyed;
    atomic { placed[job] = place[job] };
#endif
    atomic {
        place[me] = nowhere;
        is_told[job] = true;
        judge()
    }
}

proctype Submitter(byte me) {
    byte other, job, looks, count, each;
    mtype found = nowhere;
    bool has = false;

    {
        place[me] = temporary;
#ifdef JOB_BEFORE_KEY
        atomic { place[me] = waiting; judge() };
#endif
        do
        :: has -> break
        :: else ->
            atomic {
                other = keyed;
                job = job_of(other);
                if
                :: other == 0 -> keyed = me; has = true
                :: else
                fi
            };
            if
            :: has -> break
            :: else
            fi;
            settle(job);
            if
            :: found != nowhere -> tell_of(job); goto over
            :: else
            fi;
#ifdef NO_LOCK
            keyed = me;
            has = true
#else
            if
            :: atomic { lock[other] == 0 -> lock[other] = me };
                if
#ifdef NO_PATH_CHECK
                :: false
#else
                :: keyed != other -> lock[other] = 0
#endif
                :: else ->
#ifndef NO_SECOND_LOOK
                    /* Somebody may have been quicker, or the job may have come back. */
                    settle(job);
#endif
                    if
                    :: found != nowhere -> lock[other] = 0; tell_of(job); goto over
                    :: else
                    fi;
                    /* Its own file takes the other's place. */
                    keyed = me;
                    lock[other] = 0;
                    has = true
                fi
            :: keyed != other
            fi
#endif
        od;
#ifndef KEY_NOT_SYNCED
        keyed_on_disk = keyed;
#endif
        atomic {
            if
            :: place[me] == temporary -> place[me] = waiting; judge()
            /* Somebody has brought it. */
            :: else
            fi
        };
        atomic { placed[me] = place[me] };
        atomic { is_told[me] = true; judge() };
over:
        skip
    } unless { is_dead[me] }
}

/* Kills a submitter. The kernel frees its locks. */
active proctype Killer() {
    byte victim, held;
end:
    do
    :: atomic {
        crashes > 0 -> crashes--;
        if
        :: victim = 1
        :: victim = 2
        fi;
        is_dead[victim] = true;
        held = 1;
        do
        :: held < FILES ->
            if
            :: lock[held] == victim -> lock[held] = 0
            :: else
            fi;
            held++
        :: else -> break
        od;
        held = 0;
        victim = 0
    }
    od
}

/* Removes the files of dead submitters from tmp/. */
active proctype Sweeper() {
end:
    do
    :: atomic { is_dead[1] && place[1] == temporary -> place[1] = nowhere }
    :: atomic { is_dead[2] && place[2] == temporary -> place[2] = nowhere }
    od
}

active proctype Worker() {
    byte job, count, each;
end:
    do
    :: atomic { is_any(waiting) -> pick(waiting, job); place[job] = running }
    :: atomic { is_any(running) -> pick(running, job); place[job] = ended; placed[job] = ended }
    :: atomic {
        back > 0 && is_any(running) -> back--;
        pick(running, job);
        place[job] = waiting;
        placed[job] = waiting;
        judge()
    }
    od
}

/* Retries an ended job by hand, unless another one has its key. */
active proctype Retrier() {
    byte me, other, job, looks, count, each;
    mtype found = nowhere;

    {
end:
    do
    :: atomic { retries > 0 && is_any(ended) && keyed != 0 -> retries--; pick(ended, me); other = keyed; job = job_of(other) };
#ifndef RETRY_WITHOUT_LOCK
        if
        :: atomic { lock[other] == 0 -> lock[other] = PERSON }
        :: keyed != other -> goto over
        fi;
        if
        :: keyed != other -> goto over
        :: else
        fi;
#endif
        if
        :: job != me ->
            settle(job);
            if
            :: found != nowhere -> goto over
            :: else
            fi;
            /* Its own file takes the other's place, and is locked from its first instant there. */
            atomic {
                retried = me;
                keyed = PERSON;
                keyed_on_disk = PERSON;
#ifndef RETRY_WITHOUT_LOCK
                lock[other] = 0;
                lock[PERSON] = PERSON
#endif
            }
        :: else
        fi;
        atomic {
            if
            :: place[me] == ended -> place[me] = waiting; placed[me] = waiting; judge()
            :: else
            fi
        };
over:
        atomic {
            if
            :: other != 0 && lock[other] == PERSON -> lock[other] = 0
            :: else
            fi;
            if
            :: lock[PERSON] == PERSON -> lock[PERSON] = 0
            :: else
            fi;
            other = 0;
            me = 0;
            job = 0;
            found = nowhere
        }
    od
    /* It dies with the others. */
    } unless { cuts < CUTS }
}

/* Removes an ended job, then its key. */
active proctype Cleaner() {
    byte job;

    {
end:
    do
    :: atomic {
        cleans > 0 && is_any(ended) -> cleans--;
        pick(ended, job);
        is_cleaned[job] = true;
        place[job] = nowhere;
        placed[job] = nowhere
    };
#ifdef CLEAN_ANY_KEY
        atomic { keyed = 0; keyed_on_disk = 0 }
#else
        atomic {
            if
            :: keyed != 0 && job_of(keyed) == job && lock[keyed] == 0 -> keyed = 0; keyed_on_disk = 0
            :: else
            fi
        }
#endif
    od
    } unless { cuts < CUTS }
}

/* The power fails: all submitters die. */
active proctype Power() {
    byte job, count, each;
end:
    do
    :: atomic {
        cuts > 0 -> cuts--;
        job = 1;
        do
        :: job < JOBS ->
            if
            :: job != LATE -> is_dead[job] = true
            :: else
            fi;
            lock[job] = 0;
            if
            :: place[job] == temporary -> place[job] = nowhere
            :: place[job] != temporary ->
                if
                :: place[job] = placed[job]
                :: placed[job] = place[job]
                fi
            fi;
            job++
        :: else -> break
        od;
        lock[PERSON] = 0;
        if
        :: keyed = keyed_on_disk
        :: keyed_on_disk = keyed
        fi;
        judge();
        run Submitter(LATE)
    }
    od
}

init {
    atomic {
        run Submitter(1);
        run Submitter(2);
#if SUBMITTERS > 2
        run Submitter(3);
#endif
        skip
    }
}
