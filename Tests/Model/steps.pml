/* The functions of the store that everything else is made of. Each leaves its answer in `answered`. */

#define GONE 0
#define MOVED 1
#define TAKEN 2
#define BUSY 3
#define LOCKED 4

#ifdef PAUSED
#define GOES_ON !paused_by[me]
#else
#define GOES_ON 1
#endif

/* One system call. Instead of it the process may die; after a power cut there is no process. */
#define STEP(...) \
    atomic { \
        if \
        :: down[me] -> goto died \
        :: !down[me] && crashes > 0 -> crashes--; goto died \
        :: !down[me] && GOES_ON -> __VA_ARGS__ \
        fi \
    }

#ifdef LOCKS_LIE
#define HOST(p) ((p) == CANCELLER -> 0 : (p) % WORKERS)
#define ON_HOST(h) (BIT(h) | BIT(RUNNER_OF(h)) | ((h) == 0 -> BIT(CANCELLER) : 0))
#define HELD_ELSEWHERE (holders[file[me]] & ON_HOST(HOST(me))) == 0
#ifdef PAUSED
/* Only of an attempt that has begun it is on record whose heartbeat is to be looked at. */
#define LOOKS_FREE \
    holders[file[me]] == 0 || (HELD_ELSEWHERE && state_in[file[me]] == STARTED)
#else
#define LOOKS_FREE HELD_ELSEWHERE
#endif
#else
#define LOOKS_FREE holders[file[me]] == 0
#endif
#define LOOKS_HELD holders[file[me]] != 0

/* SpoolDirectory.inspect: open, flock(LOCK_EX|LOCK_NB), then whether the path still is the locked inode. */
inline inspect(place) {
    STEP(
        if
        :: AT(place) == 0 -> answered = GONE
        :: else -> file[me] = AT(place); answered = LOCKED
        fi);
    if
    :: answered == LOCKED -> lock_and_check(place)
    :: else
    fi
}

inline take_lock() {
#ifdef PAUSED
    inode = file[me];
    each = me;
    c_code { pause_holders(each, inode); };
#endif
    holders[file[me]] = holders[file[me]] | BIT(me)
}

inline lock_and_check(opened) {
    STEP(
        if
        :: LOOKS_FREE -> d_step { take_lock() }
        :: LOOKS_HELD -> d_step { answered = BUSY; close_file(file[me]) }
        fi);
    if
    :: answered == LOCKED ->
#ifdef NO_PATH_CHECK
        STEP(d_step { own() })
#else
        STEP(d_step {
            if
            :: AT(opened) == file[me] -> own()
            :: else -> answered = GONE; let_others_go_on(); close_file(file[me])
            fi })
#endif
    :: else
    fi
}

/* The end of a LockedJob: its file is closed. */
inline let_go() {
    STEP(d_step { disown(); let_others_go_on(); close_file(file[me]) })
}

/* SpoolDirectory.rewrite: the new content, locked, is exchanged with the file; MOVED or GONE. */
inline rewrite(replaced, its_attempts, its_state, its_runner) {
    STEP(d_step { create_temporary(its_attempts, its_state, its_runner); leave_unwritten(replaced) });
#ifdef NO_EXCHANGE
    /* A plain rename brings back what was taken away. */
    STEP(d_step {
        inode = AT(replaced); AT(replaced) = fresh[me]; CLEAR_UNUSED;
        temporary[me] = file[me]; answered = MOVED; CHANGED; observe() });
#else
    STEP(d_step {
        if
        :: AT(replaced) == 0 ->
            answered = GONE; unlink_temporary(); close_file(fresh[me])
        :: else -> answered = MOVED; exchange(replaced); observe()
        fi });
    if
    :: answered == MOVED ->
        STEP(if :: temporary[me] == file[me] :: else -> answered = TAKEN fi)
    :: else
    fi;
    if
    :: answered == TAKEN ->
        STEP(d_step { if :: AT(replaced) -> exchange(replaced); observe() :: else fi });
        STEP(d_step { answered = GONE; unlink_temporary(); close_file(fresh[me]) })
    :: else
    fi;
#endif
    if
    :: answered == MOVED ->
        STEP(d_step {
            close_file(file[me]);
            file[me] = fresh[me]; fresh[me] = 0;
            unlink_temporary() })
    :: else
    fi
}

/* syncDirectory(ofPath:). */
#ifdef POWER_CUTS
#define SYNC STEP(c_code { commit(); })
#else
#define SYNC skip
#endif

/* secureRecord: the content is on the disk, as the next commit will tell. */
#ifdef UNWRITTEN
#define SECURE STEP(d_step { unwritten[file[me]] = 0; CHANGED })
#else
#define SECURE skip
#endif

/* SpoolDirectory.move: rename to a free name, then whether the locked file was what had the old one. */
inline move(from, to) {
    STEP(d_step {
        if
        :: AT(from) == 0 -> answered = GONE
        :: AT(from) && AT(to) -> answered = TAKEN
        :: else -> answered = MOVED; rename(from, to); observe()
        fi });
    if
    :: answered == MOVED ->
        STEP(if :: AT(to) == file[me] :: else -> answered = BUSY fi)
    :: else
    fi;
    if
    :: answered == BUSY ->
        STEP(d_step {
            answered = GONE;
            if :: AT(to) && !AT(from) -> rename(to, from); observe() :: else fi })
    :: else
    fi
}
