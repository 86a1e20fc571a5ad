/* The store's changes of state, made of steps.pml. */

/* SpoolDirectory.endWaiting: to failed/ first, then the record. */
inline end_waiting(waiting) {
    move(waiting, FAILED);
    if
    :: answered == MOVED ->
        SYNC;
        rewrite(FAILED, attempts_in[file[me]], CANCELLED, 0);
        answered = MOVED;
        waiting = FAILED
    :: else
    fi
}

/* A job that left running/ to wait again, while its attempt was asked to stop: the request isn't lost. */
inline obey_cancel(arrived) {
#ifndef CANCEL_NOT_RECHECKED
    if
    :: answered == MOVED && (arrived == INCOMING || arrived == SCHEDULED) ->
        STEP(is_cancelled = (cancel_requests[job] & BIT(number)) != 0);
        if
        :: is_cancelled -> end_waiting(arrived); remove_request()
        :: else
        fi;
        is_cancelled = 0
    :: else
    fi
#else
    skip
#endif
}

inline remove_request() {
    STEP(cancel_requests[job] = cancel_requests[job] & ~BIT(number); CHANGED)
}

/* Where the content says that the job belongs (RetryPolicy.destination). */
inline choose_target() {
    atomic {
        if
        :: state_in[file[me]] == COMPLETED -> target = DONE
        :: state_in[file[me]] == RETRYING -> target = SCHEDULED
        :: state_in[file[me]] == EXHAUSTED -> target = DEAD
        :: else -> target = FAILED
        fi
    }
}

/* SpoolDirectory.putBack, and settle, the second half of a finish: the rename to `target`. */
inline depart() {
    move(RUNNING(number), target);
    obey_cancel(target)
}

inline declare_dead() { declared_dead[job] = declared_dead[job] | BIT(number) }

/* RetryPolicy.settle: what an unsuccessful attempt means for the job. */
#define AFTER(attempt, failure) \
    (MAX_ATTEMPTS == 1 -> (failure) : ((attempt) < MAX_ATTEMPTS -> RETRYING : EXHAUSTED))

/* The first half of SpoolDirectory.finish: durable before it can be seen in its new place. */
inline record_end(ending) {
    rewrite(RUNNING(number), number, ending, me);
#ifndef END_NOT_DURABLE
    if
    :: answered == MOVED ->
#ifndef END_NOT_WRITTEN
        SECURE;
#endif
        SYNC
    :: else
    fi
#endif
}

#ifdef NO_RECORD_CHECK
#define NOT_BEGUN (state_in[file[me]] == WAITING || state_in[file[me]] == STARTED)
#else
#ifdef NO_FENCING_TOKEN
#define NOT_BEGUN (attempts_in[file[me]] == 0)
#else
#define NOT_BEGUN (attempts_in[file[me]] != number)
#endif
#endif

/* The boot in which a job was claimed, as far as recovery can tell: a worker has looked since, or not. */
#ifdef POWER_CUTS
byte boot, claimed_in[JOBS];
#define NOTE_BOOT d_step { claimed_in[job] = boot }
#else
#define NOTE_BOOT skip
#endif
#if defined(POWER_CUTS) && !defined(OLD_CLAIM_NOT_DOUBTED)
#define IN_DOUBT (MAX_ATTEMPTS == 1 && claimed_in[job] != boot)
#else
#define IN_DOUBT 0
#endif

/* It isn't a job any more; the backup copy says what it was. */
#ifdef UNWRITTEN
#define LOST_RECORD (state_in[file[me]] == LOST)
#else
#define LOST_RECORD 0
#endif

#ifdef LOCKS_LIE
#define SAME_HOST (HOST(owner) == HOST(me))
#else
#define SAME_HOST 1
#endif

/* SpoolDirectory.recover: MOVED to `target`, BUSY when its owner lives or is being killed, or GONE. */
inline recover() {
    inspect(RUNNING(number));
    if
    :: answered == LOCKED ->
        if
#ifdef LOST_NOT_DOUBTED
        :: LOST_RECORD -> STEP(declare_dead()); target = INCOMING; answered = MOVED
#else
        :: LOST_RECORD -> conclude()
#endif
        :: NOT_BEGUN && !IN_DOUBT -> STEP(declare_dead()); target = INCOMING; answered = MOVED
        :: NOT_BEGUN && IN_DOUBT -> conclude()
        :: !NOT_BEGUN && !LOST_RECORD && state_in[file[me]] != STARTED ->
            answered = MOVED;
#ifndef FOUND_END_NOT_WRITTEN
            SECURE;
#endif
#ifndef FOUND_END_NOT_DURABLE
            SYNC;
#endif
            choose_target()
        :: !NOT_BEGUN && state_in[file[me]] == STARTED -> interrupt()
        fi;
        if
        :: answered == MOVED ->
            depart();
            if
            :: answered == MOVED && outcome -> remove_request()
            :: else
            fi
        :: else
        fi;
        outcome = 0;
        let_go()
    :: else
    fi
}

/* A started attempt without its runner: what is left of it is killed; when nothing is, it is recorded. */
inline interrupt() {
    owner = runner_in[file[me]];
    if
    :: SAME_HOST && command[owner] == ALIVE ->
        STEP(command[owner] = NONE_YET; answered = BUSY)
    :: else ->
#ifdef LOCKS_LIE
        /* Its host may be alive, and its heartbeat too: then it is left alone. */
        if
        :: !SAME_HOST -> answered = BUSY
        :: answered = LOCKED
        fi;
#endif
        if
        :: answered == LOCKED -> conclude()
        :: else
        fi
    fi;
    owner = 0
}

/* Its record says that it was interrupted, or cancelled where that was asked for. */
inline conclude() {
    STEP(d_step {
        if
        :: cancel_requests[job] & BIT(number) -> outcome = CANCELLED
        :: else -> outcome = AFTER(number, INTERRUPTED)
        fi;
        declare_dead() });
    record_end(outcome);
    if
    :: answered == MOVED -> choose_target()
    :: else
    fi
}
