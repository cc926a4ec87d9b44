/*
 * The ledger's copy of one entity: an older version never replaces a newer one, and it ends as the newest.
 *
 * Stands for: pipeline/sync_pipeline.py (claim, fetch, record), pipeline/coalescing.py,
 * accounting/stores/document_store.py with accounting/versions.py, and reconciliation beside live events
 * (operations/reconciliation/{runner,requeue}.py, webhooks/prefetched.py).
 *
 * The source changes CHANGES times, and a webhook tells of each change (but LOSSES get lost). How a newer
 * version is told from an older one depends on the source:
 *   - by default it says nothing: who claimed the entity later has read it later;
 *   - VERSIONED: each version has a number or a time of its own, and a fetch may be answered by a server that
 *     lags behind, LAGS times;
 *   - SECONDS: Moneybird's version is a second, and both changes may lie in one.
 * FAULTS workers die; the last write of LATES of them arrives later. Moneybird's feedback (BOOKINGS) writes to
 * the same item without the entity's claim.
 *
 * Taken for granted:
 *   - A claim expires only after its worker's end, as in document.pml.
 *   - With RECONCILED and SECONDS together, no write of a dead worker arrives after its claim has expired (LATES=0). If it did, between another worker's look at what the ledger holds (Prefetched.is_newest) and
 *     its write, an older copy could replace a newer one of the same second, until the next reading.
 */

#include "replay.pml"

/* The labelled actions. The version is added to the last two. */
#define ACQUIRED	1
#define HELD		2
#define RELEASED	3
#define REFUSED		5	/* the item is not what the write was built on */
#define ACQUIRED_SINCE	6	/* by a worker that began after reconciliation had read the entity */
#define FETCHED		7	/* the source was asked */
#define BELIEVED	8	/* what reconciliation had read was used instead */
#define NOTED		9	/* the same was read again, later */
#define DIED		27
#define EXPIRED		28
#define COPIED		40	/* reconciliation has read this version, and its event has it */
#define WRITTEN		60

#ifndef WORKERS
#define WORKERS	2
#endif
#ifndef CHANGES
#define CHANGES	2
#endif
#ifndef FAULTS
#define FAULTS	1
#endif
#ifndef LOSSES
#define LOSSES	0
#endif
#ifndef LAGS
#define LAGS	0
#endif
#ifndef LATES
#define LATES	1
#endif
#ifndef BOOKINGS
#define BOOKINGS	0
#endif
#define RUN	CHANGES		/* the number of reconciliation's event; the others are those of the changes */
#define NOBODY	9

#define bit(event)	(1 << (event))

#if defined(SECONDS)
#define shown(version)	((version + 1) / 2)
#elif defined(VERSIONED) || defined(REPLAY)
#define shown(version)	(version)
#else
#define shown(version)	0
#endif

#ifdef WITHOUT_CLAIM	/* ClaimStore.acquire: a claim that is held is refused */
#define MAY_CLAIM	true
#else
#define MAY_CLAIM	(!held || expired)
#endif

#ifdef WITHOUT_LEASE	/* sync_pipeline.LEASE: longer than the function's time-out */
#define IS_OVER(worker)	true
#else
#define IS_OVER(worker)	(!session[worker])
#endif

#ifdef WITHOUT_VERSION_CHECK	/* versions.is_stale: the source's version, or its time of change, decides */
#define IS_OLDER(version)	false
#else
#define IS_OLDER(version)	(shown(version) < shown(ledger))
#endif

#ifdef WITHOUT_REVISION	/* DocumentStore._document_update: only what was read is replaced */
#define IS_BUILT_ON(is_unchanged)	true
#else
#define IS_BUILT_ON(is_unchanged)	(is_unchanged)
#endif

#ifdef WITHOUT_DELIVERY_TIME	/* coalescing.covering_sync: only what was delivered before the fetch */
#define COVERS(event)	(last_event != NOBODY)
#else
#define COVERS(event)	(covered & bit(event))
#endif

#ifdef WITHOUT_PREFETCH_CHECK	/* Prefetched.is_newest: nobody has read the entity since */
#define IS_BELIEVED	true
#else
#define IS_BELIEVED	(!copy_is_old)
#endif

#ifdef WITHOUT_SECOND_READING	/* versions.is_settled: a second that was not over is read once more */
#define IS_SETTLED	true
#else
#define IS_SETTLED	ledger_is_settled
#endif

#ifdef REPLAY
#define REPLAYING	true
#define BEGAN_AFTER_COPY	(what == ACQUIRED_SINCE)
#else
#define REPLAYING	false
#define BEGAN_AFTER_COPY	true
#endif

/* The source. */
byte source;
bool second_is_over;
byte losses = LOSSES, lags = LAGS;

/* Events: sets of their numbers. */
byte open;		/* nobody has them */
byte delivered;
byte unfinished;

/* What reconciliation read before it queued its event. */
byte copy;
bool copy_is_settled;
byte delivered_before_copy;
bool copy_is_old;	/* the ledger's reading began later */

/* The accounting table. */
bool held, expired;
byte latest;
byte last_event = NOBODY;	/* LastSync, kept with the claim */
byte covered;			/* events that were delivered before it began */
byte ledger;			/* the version */
bool ledger_is_settled = true;
bool booked;

/* Workers. */
bool session[2];
bool is_overtaken[2];	/* somebody who claimed later has written */
bool unchanged[4];	/* the item has not been written since it was read; two more: see below */
bool began_after_copy[2];
bool killed[2];
byte faults = FAULTS;

#define LATE	2		/* a write of a dead worker, still on its way */
#define BOOKING	3	/* what feedback writes */
bool is_late;
byte late;
byte lates = LATES;

inline item_was_written()
{
	unchanged[0] = false;
	unchanged[1] = false;
	unchanged[LATE] = false;
	unchanged[BOOKING] = false
}

inline record(version, was_settled)
{
	assert(version >= ledger);
	ledger = version;
	ledger_is_settled = was_settled;
	item_was_written()
}

proctype worker(byte me)
{
	byte event;
	byte mine;		/* the version that was read */
	byte before;		/* events that were delivered before that */
	bool was_settled, is_done, prefetched;

wait:
end:	atomic {
		if
		:: REPLAYING -> event = 0
		:: open & bit(0) -> event = 0
		:: CHANGES > 1 && (open & bit(1)) -> event = 1
		:: open & bit(RUN) -> event = RUN
		fi;
		open = open & ~bit(event);
		is_done = false
	}

	do
	:: is_done -> break
	:: else ->
	{
		skip;
begin:		/* the time of the reading is taken before the claim */
		atomic { before = delivered; was_settled = second_is_over; began_after_copy[me] = true; prefetched = false }
		if
		:: atomic { (IS(ACQUIRED) || (REPLAYING && IS(ACQUIRED_SINCE))) && MAY_CLAIM ->
			began_after_copy[me] = BEGAN_AFTER_COPY; NEXT;
			held = true; expired = false; latest = me; session[me] = true; is_overtaken[me] = false }
		:: atomic { REPLAYING && IS(HELD) && held -> NEXT; goto begin }
		fi;

		/* coalescing: a later fetch for another event has seen what this one speaks of */
		if
		:: last_event != NOBODY && last_event != event && COVERS(event) -> goto done
		:: else
		fi;

		/* what is read: what the event carries, or what the source says now */
		if
		:: atomic { (event == RUN || REPLAYING) && IS_BELIEVED && IS(BELIEVED) -> NEXT; prefetched = true;
			mine = copy; before = delivered_before_copy; was_settled = copy_is_settled;
			began_after_copy[me] = false }
		:: atomic { !REPLAYING && (event != RUN || !IS_BELIEVED) -> mine = source }
		:: atomic { !REPLAYING && lags > 0 && source > 0 -> lags--; mine = source - 1 }
		:: atomic { REPLAYING && IS(FETCHED) -> NEXT;
			select(mine : 0 .. CHANGES) }	/* what was fetched shows in what is written */
		:: REPLAYING -> goto leave
		fi;

		/* DocumentStore.upsert_document: read, decide, write, and anew if another was faster */
		do
		:: atomic { true -> unchanged[me] = true };
			if
			:: IS_OLDER(mine) || (shown(mine) == shown(ledger) && is_overtaken[me]) -> goto leave_stale
			:: else
			fi;
			if
			:: atomic { mine == ledger && IS_BUILT_ON(unchanged[me]) ->
				if
				:: (REPLAYING -> IS(NOTED) : !ledger_is_settled) -> NEXT;
					ledger_is_settled = was_settled;
					copy_is_old = copy_is_old || began_after_copy[me];
					item_was_written()
				:: else
				fi;
				break }
			:: atomic { mine != ledger && (mine > ledger || !REPLAYING) && IS_BUILT_ON(unchanged[me]) &&
				IS(WRITTEN + mine) -> NEXT;
				record(mine, was_settled);
				copy_is_old = copy_is_old || began_after_copy[me];
				if
				:: latest == me -> is_overtaken[1 - me] = true
				:: else
				fi;
				break }
			:: atomic { !IS_BUILT_ON(unchanged[me]) && (!REPLAYING || IS(REFUSED)) -> NEXT }
			:: atomic { !REPLAYING && lates > 0 && faults > 0 && mine != ledger ->
				faults--; lates--; is_late = true; late = mine; unchanged[LATE] = unchanged[me];
				session[me] = false; goto again }
			fi
		od;

done:		is_done = !REPLAYING;
leave:		/* ClaimStore.give_up, with the sync that others may be covered by */
		atomic { IS(RELEASED) -> NEXT; session[me] = false;
			if
			:: latest == me ->
				held = false;
				if
				:: is_done && !(last_event != NOBODY && last_event != event && COVERS(event)) ->
					last_event = event; covered = before
				:: else
				fi
			:: else
			fi };
		goto again;
leave_stale:
		atomic { IS(RELEASED) -> NEXT; session[me] = false; is_done = !REPLAYING;
			if
			:: latest == me -> held = false
			:: else
			fi };
again:		skip
	} unless { atomic { killed[me] -> killed[me] = false; session[me] = false; is_done = false } };
	atomic { mine = 0; before = 0; was_settled = false; prefetched = false }	/* make no difference any more */
	od;
	atomic { unfinished = unfinished & ~bit(event) };
	goto wait
}

/* What nobody decides: the source and its webhooks, time, death, and what arrives late. */
active proctype surroundings()
{
	byte me;

	choose_run();
	do
	:: atomic { me < WORKERS -> run worker(me); me++ }
	:: me == WORKERS -> break
	od;

end:	do
	:: atomic { IT_IS(EXPIRED) && held && !expired && IS_OVER(latest) -> NEXT; expired = true }
#ifdef REPLAY
	:: atomic { IT_IS(DIED) -> killed[who] = true; NEXT }
	:: atomic { what >= COPIED && what < WRITTEN -> copy = what - COPIED; NEXT;
		copy_is_old = false; began_after_copy[0] = false; began_after_copy[1] = false }
#else
#ifdef SECONDS
	:: atomic { source > 0 && !second_is_over -> second_is_over = true }
	:: atomic { source < CHANGES && !second_is_over ->
#else
	:: atomic { source < CHANGES ->
#endif
		if
		:: losses > 0 -> losses--; source++
		:: true -> open = open | bit(source); delivered = delivered | bit(source);
			unfinished = unfinished | bit(source); source++
		fi }
	:: atomic { faults > 0 -> faults--; killed[0] = true }
	:: atomic { is_late -> is_late = false;
		if
		:: IS_BUILT_ON(unchanged[LATE]) -> record(late, false)
		:: else
		fi }
#endif
	od
}

#ifndef REPLAY
#if BOOKINGS > 0
/* Feedback.record_booking: reads the item, and writes it whole with what Moneybird says */
active proctype feedback()
{
	byte version;
	bool was_settled;

	do
	:: atomic { unchanged[BOOKING] = true; version = ledger; was_settled = ledger_is_settled };
		if
		:: atomic { IS_BUILT_ON(unchanged[BOOKING]) -> record(version, was_settled); booked = true; break }
		:: !IS_BUILT_ON(unchanged[BOOKING])
		fi
	od
}
#endif

#ifdef RECONCILED
/* Runner: again and again it lists, compares, reads what differs, and queues it */
active proctype reconciliation()
{
	byte listed;

end:	do
#ifndef WITHOUT_RECONCILIATION	/* operations/reconciliation */
	:: listed = source;
		if
		:: (shown(ledger) < shown(listed) || !IS_SETTLED) && unfinished == 0 ->
			atomic { copy = source; copy_is_settled = second_is_over; copy_is_old = false;
				delivered_before_copy = delivered };
			atomic { open = open | bit(RUN); unfinished = unfinished | bit(RUN);
				delivered = delivered | bit(RUN); covered = covered & ~bit(RUN) }
		:: else
		fi
#else
	:: listed = source	/* and does nothing about it */
#endif
	od
}

ltl ledger_becomes_the_newest { <> [] (ledger == source) }
#endif

#if LOSSES == 0 && LAGS == 0
/* When all events have come to their end, the ledger has the newest version. */
active proctype end_result()
{
end:	atomic { source == CHANGES && unfinished == 0 -> assert(ledger == source) }
}
#endif
#endif
