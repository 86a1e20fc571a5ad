/* The claim, start, finish and take-over of jobs, as the sources do it: see README.md for the table of steps.

   One step is one system call, or several that nobody else can see in between. Before each a process may die,
   and between any two of them it may be held up for as long as it takes. `check` runs this with the constants
   below set by -D, and with defects put in to show that they are found. */

#ifndef WORKERS
#define WORKERS 2           /* each with a runner of its own, on a host of its own where LOCKS_LIE */
#endif
#ifndef JOBS
#define JOBS 1
#endif
#ifndef MAX_ATTEMPTS
#define MAX_ATTEMPTS 1
#endif
#ifndef CRASHES
#define CRASHES 1           /* deaths of single processes */
#endif
#ifndef SHORTAGES
#define SHORTAGES 0         /* how often a runner has no means to start the command, and puts the job back */
#endif
#ifndef INODES
#define INODES 10
#endif
/* Also: CANCEL, a person cancels a job at any time; REMOVAL, a person removes a running file;
   LOCKS_LIE, a lock held on another host may look free; POWER_CUTS, how many; UNWRITTEN, records
   of attempts are not waited for before they get their names; LIVENESS, check that all ends. */

#define NO_FILE 0
#define WAITING 1
#define STARTED 2
#define COMPLETED 3
#define UNSUCCESSFUL 4
#define INTERRUPTED 5
#define CANCELLED 6
#define RETRYING 7
#define EXHAUSTED 8
#define LOST 9              /* nothing: a power cut came before the content */

#include "filesystem.pml"
#include "properties.pml"
#include "steps.pml"
#include "store.pml"
#include "processes.pml"

init {
    byte job;
    atomic {
        for (job : 0 .. JOBS - 1) {
            attempts_in[job + 1] = 0;
            state_in[job + 1] = WAITING;
            AT(INCOMING) = job + 1;
#ifdef POWER_CUTS
            durable_name[job * PLACES + INCOMING] = job + 1;
#endif
        }
        for (job : 0 .. WORKERS - 1) {
            run Runner(RUNNER_OF(job));
            run Worker(job)
        }
#ifdef CANCEL
        run Canceller(CANCELLER, 0);
#endif
#ifdef REMOVAL
        run Remover(0);
#endif
#ifdef POWER_CUTS
        run Power();
#endif
        job = 0
    }
}
#ifdef LIVENESS
#if JOBS == 1
ltl every_job_ends { <> ENDED(0) }
#else
ltl every_job_ends { <> (ENDED(0) && ENDED(1)) }
#endif
#endif
