/* What must hold, and what is kept only to say it. Each property is a variable, so that spin names it when it
   fails; `check` may restrict a run to one of them by -DASSERTED. */

#define ONE_OWNER 1
#define ONE_PLACE 2
#define STARTS_WITHIN_LIMIT 4
#define RESULT_STAYS 8
#define RESULT_KEPT 16
#define CANCEL_HOLDS 32
#define ONE_COMMAND 64
#ifndef ASSERTED
#define ASSERTED 127
#endif

/* At most one process acts on a job: it has its lock, and has seen that the name is the locked file's. */
hidden byte one_owner;
/* A job has exactly one name, none when a person has removed it. */
hidden byte one_place;
/* No command is started more often than max_attempts says: by default, once. */
hidden byte starts_within_limit;
/* A result that could be seen is the job's result for ever. */
hidden byte result_stays;
/* An owner's result is discarded only when its attempt was declared dead before. */
hidden byte result_kept;
/* After `cancel` has answered "ended" nothing starts; after "asked", no other attempt does. */
hidden byte cancel_holds;
/* No two commands of one job run at once. */
hidden byte one_command;

#define HOLDS(flag, property, expression) \
    if :: (ASSERTED) & (flag) -> property = (expression); assert(property) :: else fi

byte crashes = CRASHES;
byte shortages = SHORTAGES;

/* By job: who acts on it; how often its command was started; the attempts that were declared dead. */
byte owners[JOBS];
byte starts[JOBS];
byte declared_dead[JOBS];
/* What somebody who waits has seen: an attempt's number and a state. */
byte seen[JOBS];
byte is_removed[JOBS];
/* What `cancel` has answered: 0 nothing yet, n: attempt n was asked to stop, ENDED_NOW: it has ended. */
#define ENDED_NOW 15
byte answer[JOBS];

#define NONE_YET 0
#define HELD 1
#define ALIVE 2
/* By process, for runners: its command, and the job and attempt it is for. */
byte command[PROCESSES];
byte command_job[PROCESSES];

#define AT_OF(job, place) name[(job) * PLACES + (place)]
#define ENDED(job) \
    (AT_OF(job, DONE) || AT_OF(job, FAILED) || AT_OF(job, DEAD) || is_removed[job])
#define SINGLE(bits) (((bits) & ((bits) - 1)) == 0)

inline own() {
    owners[job] = owners[job] | BIT(me);
#ifndef LOCKS_LIE
    HOLDS(ONE_OWNER, one_owner, SINGLE(owners[job]))
#endif
}

inline disown() { owners[job] = owners[job] & ~BIT(me) }

hidden byte names, subject;

c_code {
/* What a waiter sees of a file in a place of ended jobs (JobState.init(_:in:)): attempt and state. */
static int seen_in(int place)
{
    int file = now.name[subject * PLACES + place], state;
    if (!file) return 0;
    state = now.state_in[file];
    if (place == FAILED && (state == WAITING || state == RETRYING)) state = CANCELLED;
    return 16 * now.attempts_in[file] + state;
}

static void observe(void)
{
    int place, result;
    names = 0;
    for (place = 0; place < PLACES; place++) names += now.name[subject * PLACES + place] != 0;
    one_place = !((ASSERTED) & ONE_PLACE) || names == 1 - now.is_removed[subject];
    result = seen_in(DONE) | seen_in(FAILED) | seen_in(DEAD);
    result_stays = 1;
    if (result && !now.seen[subject])
        now.seen[subject] = result;
    else if (result)
        result_stays = result == now.seen[subject];
#ifndef POWER_CUTS
    /* A cut may undo the last rename, never the content: there, starts alone are checked against it. */
    else
        result_stays = !now.seen[subject] || now.is_removed[subject];
#endif
    result_stays = result_stays || !((ASSERTED) & RESULT_STAYS);
}

static int commands(void)
{
    int n, count = 0;
    for (n = 0; n < PROCESSES; n++)
        count += now.command[n] == ALIVE && now.command_job[n] == subject;
    return count;
}
}

/* Whoever looks at the spool between two steps sees this. */
inline observe() {
    subject = job;
    c_code { observe(); };
    assert(one_place); assert(result_stays)
}

/* The command is let go. */
inline begin_command() {
    starts[job]++;
    command[me] = ALIVE;
    command_job[me] = job;
    HOLDS(STARTS_WITHIN_LIMIT, starts_within_limit, starts[job] <= MAX_ATTEMPTS);
    HOLDS(CANCEL_HOLDS, cancel_holds, answer[job] != ENDED_NOW && (!answer[job] || number <= answer[job]));
#ifndef LOCKS_LIE
    /* An owner that was taken for dead between its record and this can't know, and starts in vain. */
    HOLDS(RESULT_STAYS, result_stays, !seen[job]);
    subject = job;
    c_code { names = commands(); };
    HOLDS(ONE_COMMAND, one_command, names == 1)
#endif
}
