/* Who acts: workers, their runners, a person who cancels, one who removes, and the machine's power. */

/* What a worker passes to its runner with a fork: a job, plus one, and the attempt's number. */
byte forked_job[PROCESSES];
byte forked_number[PROCESSES];
/* Whether the claim is durable, so that the start need not be. */
bit forked_durable[PROCESSES];

#define CAN_RUN \
    (!forked_job[RUNNER_OF(me)] && command[RUNNER_OF(me)] == NONE_YET && !down[RUNNER_OF(me)])
#if JOBS == 1
#define ALL_ENDED ENDED(0)
#else
#define ALL_ENDED (ENDED(0) && ENDED(1))
#endif

/* The owner was told that its job is gone. */
inline discard() {
    HOLDS(RESULT_KEPT, result_kept, is_removed[job] || declared_dead[job] & BIT(number))
}

#ifdef NO_RECOVERY
#define LOOKS_AFTER 0
#else
#define LOOKS_AFTER 1
#endif

/* Worker: brings due jobs in, recovers what the dead have left, claims and forks. It is restarted when it dies. */
proctype Worker(byte me) {
    byte job, number, target, owner, answered, outcome;
    bit is_cancelled, is_durable;
again:
    atomic {
        is_durable = 0;
        answered = 0; target = 0; owner = 0; number = 0; job = 0;
        do
        :: down[me] -> goto died
        :: job < JOBS - 1 -> job++
        :: break
        od
    };
    atomic {
        if
        :: down[me] -> goto died
        :: AT(SCHEDULED) -> target = SCHEDULED
        :: AT(INCOMING) && CAN_RUN -> target = INCOMING
        :: AT(RUNNING(1)) && LOOKS_AFTER -> number = 1
#if NUMBERS > 1 && !defined(NO_FENCING_TOKEN)
        :: AT(RUNNING(2)) && LOOKS_AFTER -> number = 2
#endif
#if NUMBERS > 2 && !defined(NO_FENCING_TOKEN)
        :: AT(RUNNING(3)) && LOOKS_AFTER -> number = 3
#endif
        :: ENDED(job) -> if :: ALL_ENDED -> goto ended :: else -> goto again fi
#if JOBS > 1
        :: else -> goto again
#endif
        fi
    };
    if
    :: number -> recover(); goto again
    :: else
    fi;
    if
    :: target == SCHEDULED ->
        /* SpoolDirectory.promote */
        inspect(SCHEDULED);
        if
        :: answered == LOCKED -> move(SCHEDULED, INCOMING); let_go()
        :: else
        fi;
        goto again
    :: else
    fi;

    /* SpoolDirectory.claim */
#ifdef LOCK_AFTER_RENAME
    STEP(if :: AT(INCOMING) == 0 -> goto again :: else -> file[me] = AT(INCOMING) fi);
    number = attempts_in[file[me]] + 1;
    STEP(d_step {
        if
        :: AT(INCOMING) == 0 || AT(RUNNING(number)) -> answered = GONE; close_file(file[me])
        :: else -> answered = MOVED; rename(INCOMING, RUNNING(number)); own(); observe()
        fi });
    if :: answered != MOVED -> goto again :: else fi;
    STEP(
        if
        :: LOOKS_FREE -> holders[file[me]] = BIT(me)
        :: LOOKS_HELD -> d_step { disown(); close_file(file[me]) }; goto again
        fi);
#else
    inspect(INCOMING);
    if :: answered != LOCKED -> goto again :: else fi;
    number = attempts_in[file[me]] + 1;
#ifndef CANCEL_NOT_RECHECKED
    /* The attempt before, or this one before it was put back, may have been asked to stop as its owner died. */
    STEP(is_cancelled = (cancel_requests[job] & (BIT(number) | BIT(number - 1))) != 0);
    if
    :: is_cancelled ->
        target = INCOMING;
        end_waiting(target);
        let_go();
        is_cancelled = 0;
        goto again
    :: else
    fi;
#endif
    NOTE_BOOT;
    move(INCOMING, RUNNING(number));
    if :: answered != MOVED -> let_go(); goto again :: else fi;
#endif
#ifdef POWER_CUTS
    /* Worker.claimAhead, for one of them. */
    if
    :: MAX_ATTEMPTS == 1 ->
#ifndef CLAIM_NOT_DURABLE
        SYNC;
#endif
        is_durable = 1
    :: skip
    fi;
#endif
    /* fork(2): the runner shares the lock; then the worker closes its own descriptor. */
    STEP(d_step {
        each = RUNNER_OF(me);
        file[each] = file[me];
        holders[file[me]] = holders[file[me]] | BIT(each);
        disown();
        owners[job] = owners[job] | BIT(each);
        declared_dead[job] = declared_dead[job] & ~BIT(number);
        forked_job[each] = job + 1;
        forked_durable[each] = is_durable;
        forked_number[each] = number });
    STEP(d_step { close_file(file[me]) });
    goto again;

died:
    atomic {
        d_step {
            disown(); close_everything();
            is_cancelled = 0; is_durable = 0; outcome = 0; down[me] = 0
        };
        goto again
    };
ended:
    skip
}

/* Runner: records the start, lets the command go, waits for it, records its end. */
proctype Runner(byte me) {
    byte job, number, target, answered, outcome;
    bit is_cancelled;
end_idle:
    do
    :: atomic {
        forked_job[me] && !down[me] -> job = forked_job[me] - 1; number = forked_number[me]; break }
    /* The command of a dead runner may end by itself. */
    :: atomic {
        !forked_job[me] && command[me] == ALIVE -> command[me] = NONE_YET; command_job[me] = 0 }
    :: atomic { down[me] -> goto died }
    od;
    /* Anything that may run out before the command can be held ready. */
    STEP(
        if
        :: shortages > 0 -> shortages--; outcome = WAITING
        :: command[me] = HELD
        fi);
    if
    :: outcome == WAITING -> STEP(declare_dead()); target = INCOMING; goto departing
    :: else
    fi;
#ifdef START_BEFORE_RECORD
    STEP(d_step { begin_command() });
#endif
    /* SpoolDirectory.start */
    rewrite(RUNNING(number), number, STARTED, me);
    if
    :: answered == GONE -> STEP(d_step { command[me] = NONE_YET; discard() }); goto finished
    :: else
    fi;
#ifndef START_NOT_DURABLE
    if
    :: MAX_ATTEMPTS == 1 && !forked_durable[me] -> SYNC
    :: else
    fi;
#endif
#ifndef START_BEFORE_RECORD
    STEP(d_step { begin_command() });
#endif
    /* Runner.superviseToTheEnd: the command ends, or Runner.look says that it is to be stopped. */
    STEP(
        if
        :: outcome = COMPLETED
        :: outcome = AFTER(number, UNSUCCESSFUL)
        :: cancel_requests[job] & BIT(number) -> outcome = CANCELLED
        :: AT(RUNNING(number)) != file[me] -> outcome = CANCELLED
        fi;
        command[me] = NONE_YET; command_job[me] = 0);
    record_end(outcome);
    if
    :: answered == GONE -> STEP(d_step { discard() }); remove_request(); goto finished
    :: else
    fi;
    choose_target();
departing:
    depart();
    if
    :: outcome != WAITING -> remove_request()
    :: else
    fi;
finished:
    let_go();
died:
    atomic {
        d_step {
            disown();
            close_everything();
            if :: command[me] == HELD -> command[me] = NONE_YET :: else fi;
            forked_job[me] = 0; forked_number[me] = 0; forked_durable[me] = 0;
            down[me] = 0;
            job = 0; number = 0; target = 0; answered = 0; outcome = 0; is_cancelled = 0
        };
        goto end_idle
    }
}

#ifdef CANCEL
/* A request isn't synced, so a cut may undo it. */
#ifdef POWER_CUTS
#define ASKED skip
#else
#define ASKED answer[job] = number
#endif

/* SpoolDirectory.cancel: looks in the order of locate(_:), and ends the job or asks its runner. */
proctype Canceller(byte me; byte job) {
    byte number, target, owner, answered, outcome;
    bit is_cancelled;
again:
    atomic { answered = 0; owner = 0; number = 0 };
    target = SCHEDULED;
    STEP(answered = AT(SCHEDULED) != 0);
    if :: answered -> goto waiting :: else fi;
    target = INCOMING;
    STEP(answered = AT(INCOMING) != 0);
    if :: answered -> goto waiting :: else fi;
    do
    :: number < NUMBERS ->
        number++;
        STEP(answered = AT(RUNNING(number)) != 0);
        if :: answered -> goto running :: else fi
    :: else -> goto died
    od;

waiting:
    inspect(target);
    if
    :: answered == LOCKED ->
        end_waiting(target);
        if
        :: answered == MOVED -> STEP(answer[job] = ENDED_NOW); let_go(); goto died
        :: else -> let_go()
        fi
    :: else
    fi;
    goto again;

running:
    STEP(cancel_requests[job] = cancel_requests[job] | BIT(number); CHANGED);
    target = 0;
    recover();
    if
#ifdef CANCEL_NOT_RECHECKED
    :: answered == MOVED -> STEP(answer[job] = ENDED_NOW); goto died
    :: else -> STEP(ASKED); goto died
#else
    :: answered == BUSY -> STEP(ASKED); goto died
    :: answered == MOVED && target != INCOMING && target != SCHEDULED ->
        STEP(answer[job] = ENDED_NOW); goto died
    :: else -> remove_request(); goto again
#endif
    fi;
died:
    atomic { d_step { disown(); close_everything(); down[me] = 0 } }
}
#endif

#ifdef REMOVAL
/* rm running/… */
proctype Remover(byte job) {
    atomic {
        if
        :: AT(RUNNING(1)) ->
            d_step {
                inode = AT(RUNNING(1)); AT(RUNNING(1)) = 0; CLEAR_UNUSED;
                is_removed[job] = 1; observe() }
        :: ENDED(job)
        fi
    }
}
#endif

#ifdef POWER_CUTS
/* The kernel commits its journal when it likes, and the power fails when it likes. */
proctype Power() {
    byte cuts = POWER_CUTS;
end_power:
    do
    :: atomic { is_dirty -> c_code { commit(); } }
    :: atomic { cuts > 0 -> cuts--;
        c_code { cut(0); } }
#ifdef UNWRITTEN
    :: atomic { cuts > 0 -> cuts--;
        c_code { cut(1); } }
#endif
    od
}
#endif
