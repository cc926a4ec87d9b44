/*
 * A provider's limit, shared by workers that know of each other only through one item.
 *
 * Stands for: providers/flow/throttle.py (Throttle.before, _change, _write, _take, _kept_from) with
 * providers/flow/rate_plan.py. Time passes in ticks, the buckets of the plan.
 *
 * Worker 0 works for the live lane, worker 1 for the bulk lane; each wants call after call for ever. FAULTS of
 * them die with a call's turn: the turn is used up, whether or not the call was made.
 *
 * Taken for granted: from when a worker looks at the clock until its call arrives at the provider, at most
 * MARGIN ticks go by. For liveness also: a tick is long beside a read and a write, so that it ends only when
 * everybody has been refused (PROMPT).
 *
 * Safety: in no window of the provider do more calls arrive than its limit allows.
 * Liveness: a lane that waits for a turn gets one, however much the other lane wants.
 */

#include "replay.pml"

/* The labelled actions. */
#define READ	1
#define WROTE	2
#define WRITE_REFUSED	3	/* the item is not what the write was built on; the answer brings it */
#define CALLED	4
#define REFUSED	5	/* the plan has no room */
#define PASSED	6	/* a tick */
#define DIED	7
#define NOTED	8	/* Throttle.note_bulk: bulk events wait */
#define NOTE_REFUSED	9

#ifndef CALLS
#define CALLS	3	/* the limit, in any two ticks */
#define SHARE	1	/* of them, left to bulk work while there is any: BULK_SHARE */
#define RESERVE	1	/* of them, left to live webhooks: LIVE_RESERVE */
#endif
#define MARGIN	1
#define WORKERS	2
#define LIVE	0
#define BULK	1

#ifndef FAULTS
#define FAULTS	2
#endif

#ifdef WITHOUT_LIMIT	/* throttle._take: refused while the plan has no room */
#define HAS_ROOM(used, kept)	true
#else
#define HAS_ROOM(used, kept)	(used + 1 + (kept) <= CALLS)
#endif

#ifdef WITHOUT_VERSION	/* Throttle._write: only over the version that it was built on */
#define IS_BUILT_ON(is_unchanged)	true
#else
#define IS_BUILT_ON(is_unchanged)	(is_unchanged)
#endif

#ifdef WITHOUT_MARGIN	/* RatePlan.below: the plan's window is longer than the provider's */
#define COUNTED(of)	(of[0] + of[1])
#else
#define COUNTED(of)	(of[0] + of[1] + of[2])
#endif

/* Calls that are kept for the other lane: throttle._kept_from */
#ifdef WITHOUT_BULK_SHARE
#define KEPT_FOR_BULK	0
#else
#define KEPT_FOR_BULK	(BULK_WAITS && COUNTED(copy[me].bulk) < SHARE -> SHARE - COUNTED(copy[me].bulk) : 0)
#endif

#ifdef WITHOUT_LIVE_RESERVE
#define KEPT_FOR_LIVE	0
#else
#define KEPT_FOR_LIVE	(COUNTED(copy[me].bulk) + 1 <= SHARE -> 0 : RESERVE)
#endif

/* The item: calls by age in ticks, of both lanes, and those of the bulk lane. */
byte log[3], bulk[3];

/* What each worker has read of it. */
typedef Copy { byte log[3]; byte bulk[3]; byte noted }

#define LONG_AGO	3
byte noted = LONG_AGO;	/* of the item: ticks since the bulk lane had work */

/* Where everything is explored, the bulk lane always has work. In a recorded run it has rests. */
#ifdef REPLAY
#define BULK_WAITS	(copy[me].noted < 2)
#define read_note()	copy[me].noted = noted
#define write_note(ticks)	copy[me].noted = ticks; noted = ticks
#define one_older(ticks)	ticks = (ticks < LONG_AGO -> ticks + 1 : ticks)
#else
#define BULK_WAITS	true
#define read_note()	skip
#define write_note(ticks)	skip
#define one_older(ticks)	skip
#endif
Copy copy[WORKERS];
bool unchanged[WORKERS];

/* The provider: calls that arrived in this tick and in the one before. */
byte arrived[2];

/* Workers. */
bool is_busy[WORKERS];		/* has looked at the clock, and its call has not arrived */
byte age[WORKERS];		/* ticks since then */
bool is_refused[WORKERS];	/* waits for the next tick */
bool has_called[WORKERS];	/* just now */
byte faults = FAULTS;

inline read_item()
{
	copy[me].log[0] = log[0]; copy[me].log[1] = log[1]; copy[me].log[2] = log[2];
	copy[me].bulk[0] = bulk[0]; copy[me].bulk[1] = bulk[1]; copy[me].bulk[2] = bulk[2];
	read_note();
	unchanged[me] = true
}

inline write_item()
{
	copy[me].log[age[me]]++;
	copy[me].bulk[age[me]] = copy[me].bulk[age[me]] + (me == BULK -> 1 : 0);
	log[0] = copy[me].log[0]; log[1] = copy[me].log[1]; log[2] = copy[me].log[2];
	bulk[0] = copy[me].bulk[0]; bulk[1] = copy[me].bulk[1]; bulk[2] = copy[me].bulk[2];
	write_note((me == BULK -> age[me] : copy[me].noted));
	unchanged[1 - me] = false
}

inline call()
{
	arrived[0]++;
	assert(arrived[0] + arrived[1] <= CALLS);
	has_called[me] = true
}

/* A worker that dies is replaced by one that knows nothing; its turn is used up if it was written down. */
#define may_die() \
	if \
	:: true \
	:: atomic { faults > 0 && IS(DIED) -> NEXT; faults--; is_busy[me] = false; unchanged[me] = false; goto idle } \
	fi

proctype worker(byte me)
{
	byte kept;

idle:
end:	if
	:: atomic { !is_refused[me] -> is_busy[me] = true; has_called[me] = false }
#ifdef REPLAY
	:: atomic { me == BULK && IS(READ) -> NEXT; read_item(); is_busy[me] = true; age[me] = 0; goto note }
#endif
	fi;
	/* It goes by what it saw last, if that allows a call: the write finds out whether it is old. */
look:	atomic {
		age[me] = 0;
		kept = (me == LIVE -> KEPT_FOR_BULK : KEPT_FOR_LIVE);
		if
		:: !EXPLORING && IS(READ) -> NEXT; read_item(); goto look
		:: HAS_ROOM(COUNTED(copy[me].log), kept)
		:: else ->
			if
			:: unchanged[me] && IS(REFUSED) -> NEXT; is_refused[me] = true; is_busy[me] = false; goto idle
			:: !unchanged[me] && EXPLORING -> read_item(); goto look
			fi
		fi
	};
#ifdef WITHOUT_LOG_FIRST	/* Throttle.before: a call is written down before it is made */
#define again	write
	atomic { IS(CALLED) -> NEXT; call() };
	may_die();
#else
#define again	look
#endif
write:	if
	:: atomic { IS_BUILT_ON(unchanged[me]) && IS(WROTE) -> NEXT; write_item() }
	:: atomic { !IS_BUILT_ON(unchanged[me]) && IS(WRITE_REFUSED) -> NEXT; read_item(); goto again }
	fi;
#ifndef WITHOUT_LOG_FIRST
	may_die();
	atomic { IS(CALLED) -> NEXT; call() };
#endif
	is_busy[me] = false;
	goto idle;
#ifdef REPLAY
note:	if
	:: atomic { unchanged[me] && IS(NOTED) -> NEXT; write_note(age[me]); unchanged[1 - me] = false }
	:: atomic { !unchanged[me] && IS(NOTE_REFUSED) -> NEXT; read_item(); goto note }
	:: copy[me].noted == 0	/* there is no need to */
	fi;
	is_busy[me] = false;
	goto idle
#endif
}

#define IN_TIME(worker)	(!is_busy[worker] || age[worker] < MARGIN)
#ifdef PROMPT
#define MAY_PASS	(is_refused[LIVE] && is_refused[BULK])
#else
#define MAY_PASS	(IN_TIME(LIVE) && IN_TIME(BULK))
#endif

#define shift(calls)	calls[2] = calls[1]; calls[1] = calls[0]; calls[0] = 0

active proctype time()
{
	byte me;

	choose_run();
	run worker(LIVE);
	run worker(BULK);
end:	do
	:: atomic { MAY_PASS && IT_IS(PASSED) -> NEXT;
		shift(log); shift(bulk); one_older(noted);
		arrived[1] = arrived[0]; arrived[0] = 0;
		me = 0;
		do
		:: me < WORKERS ->
			shift(copy[me].log); shift(copy[me].bulk); one_older(copy[me].noted);
			age[me] = age[me] + (is_busy[me] -> 1 : 0);
			is_refused[me] = false;
			me++
		:: else -> me = 0; break
		od }
	od
}

#ifndef REPLAY
ltl live_work_goes_on { [] <> has_called[LIVE] }
ltl bulk_work_goes_on { [] <> has_called[BULK] }
#endif
