/*
 * One webhook event: what was answered with 200 is stored, and what is stored comes to its end.
 *
 * Stands for: webhook_receiver/{reception,intake}.py and webhooks/event_intake.py (put, send, answer),
 * webhooks/event_store.py (claim, hand_back, finish, dispatch, requeue), entity_sync/consumer (the worker),
 * operations/{sweep,dispatcher}.py, and SQS with its memory of five minutes.
 *
 * The provider delivers the event DELIVERIES times, one after the other or at once. What may go wrong,
 * FAULTS times in all: a process dies after any step, the answer of a write is lost, a write fails, a message is
 * lost, a write of a dead worker arrives later. The event is handed back to wait WAITS times. A message is had a
 * second time, OLD_RECEIPTS times, while its first worker still is at it: that one can neither delete nor keep it.
 *
 * Taken for granted: a claim expires only after its worker's end (LEASE is longer than the function's
 * time-out). The order of messages in a FIFO group is not relied upon: both may be had at once.
 *
 * Safety: 200 is answered only for what is stored; an event that came to its end stays there; two workers never
 * have it at once; an event fails as worn out only if workers died on it, and not because it waited; where
 * nothing goes wrong, an event that is handed back to wait briefly has a message.
 * Liveness: what is stored comes to its end.
 */

#include "replay.pml"

/* The labelled actions. */
#define PUT		1	/* the event is stored */
#define PUT_KNOWN	2	/* its id was taken: the earlier event is returned */
#define PUT_FAILED	3	/* nothing was stored */
#define PUT_UNKNOWN	4	/* the answer was lost */
#define SENT		5
#define SEND_FAILED	6
#define SEND_UNKNOWN	7
#define ACCEPTED	8	/* answered with 200 */
#define REFUSED		9	/* answered otherwise */
#define READ		10	/* by the sweep */
#define REQUEUED	11
#define REQUEUE_REFUSED	12
#define REQUEUE_FAILED	13
#define CLAIMED		14
#define CLAIM_REFUSED	15
#define LEFT		16	/* who took it goes on as if it had not: an answer was lost */
#define JOINED_LINE	17	/* into a room, without a claim */
#define READING		18	/* the entity is about to be read */
#define FINISHED	19
#define WAITS_IN_A_ROOM	20
#define WAITS_BRIEFLY	21
#define CLAIM_LOST	22
#define DISPATCHED	23
#define DIED		27

/* Who does them. */
#define RECEIVERS	2
#ifndef SWEEPS
#define SWEEPS		1
#endif
#ifndef WORKERS
#define WORKERS		2
#endif
#define PROCESSES	4	/* receivers and sweeps */
#define FIRST_WORKER	4	/* then the second, then the dispatchers */
#define AT(worker)	((worker) - FIRST_WORKER)

#ifndef DELIVERIES
#define DELIVERIES	2
#endif
#ifndef FAULTS
#define FAULTS	2
#endif
#ifndef WAITS
#define WAITS	1
#endif
#ifndef OLD_RECEIPTS
#define OLD_RECEIPTS	0
#endif
#ifdef REPLAY
#define MAX_UNFINISHED	6	/* Patience.max_unfinished */
#else
#define MAX_UNFINISHED	1
#endif
#define MOST_MESSAGES	2	/* more than two of the same do nothing that two cannot do */

#define NONE		0
#define RECEIVED	1
#define QUEUED		2
#define SYNCING		3
#define FINAL		4
#define NOBODY		9	/* no worker's number */

#ifdef WITHOUT_CONDITIONAL_PUT	/* EventIntakeStore._new_item: attribute_not_exists(event_id) */
#define IS_NEW	true
#else
#define IS_NEW	(status == NONE)
#endif

#ifdef WITHOUT_EVENT_CLAIM	/* EventStore.claim: what another worker has is left alone */
#define MAY_CLAIM	(status != FINAL)
#else
#define MAY_CLAIM	(MAY_JOIN || (status == SYNCING && expired))
#endif
#define MAY_JOIN	((status == RECEIVED || status == QUEUED) && IS_OUT)	/* EventStore.defer */

#ifdef WITHOUT_ROOM_CHECK	/* EventStore.claim: an event in a waiting room is left there */
#define IS_OUT	true
#else
#define IS_OUT	(!in_room)
#endif

#ifdef WITHOUT_OWNER_CHECK	/* event_store._held: only the holder of the claim finishes or hands back */
#define IS_OWNER(is_owner)	(status == SYNCING)
#else
#define IS_OWNER(is_owner)	(status == SYNCING && (is_owner))
#endif

#ifdef WITHOUT_REQUEUE_CHECK	/* EventStore.requeue: updated_at is what it was when the sweep read it */
#define IS_AS_READ(is_unchanged)	true
#else
#define IS_AS_READ(is_unchanged)	(is_unchanged)
#endif

#ifdef WITHOUT_LEASE	/* sync_pipeline.LEASE: longer than the function's time-out */
#define IS_OVER(worker)	true
#else
#define IS_OVER(worker)	(worker == NOBODY || !at_work[AT(worker)])
#endif

#ifdef WITHOUT_FREE_WAITING	/* EventStore.hand_back: a try that only waited counts for nothing */
#define AFTER_WAITING	unfinished
#else
#define AFTER_WAITING	0
#endif

#ifdef REPLAY
#define REPLAYING	true
#else
#define REPLAYING	false
#endif
#define fault()	(REPLAYING || faults > 0)
inline costs_a_fault() { if :: faults > 0 -> faults-- :: else fi }

byte deliveries = DELIVERIES, faults = FAULTS, waits = WAITS, old_receipts = OLD_RECEIPTS;
bool was_accepted;

/* The events table. */
byte status;
byte owner = NOBODY;
bool expired;
bool in_room;		/* it waits without a message */
byte unfinished;
bool unchanged[2];	/* since the sweep read it */
bool was_stored;

/* SQS. */
byte messages;
bool in_hand[2];	/* the worker has the newest receipt of a message */
byte on_the_way;	/* times that the event was taken out of a room, and is not sent yet */
byte tries;		/* the deduplication id: another with each claim, and each hand_back */
int remembered;		/* the ids, a bit each, with which a message came within five minutes */

/* Workers. */
bool at_work[2];
byte deaths;
bool is_late, late_is_owner;	/* the hand_back of a dead worker is still on its way */
bool killed[PROCESSES];	/* those of a recorded run */

inline event_was_changed() { unchanged[0] = false; unchanged[1] = false }

inline store()
{
	assert(status != FINAL);
	status = RECEIVED;
	owner = NOBODY;
	in_room = false;
	was_stored = true;
	event_was_changed()
}

/* Ids of before are remembered only where it matters who is late: that takes many states. */
#if OLD_RECEIPTS
inline next_id() { tries++ }
#else
inline next_id() { remembered = 0 }
#endif

inline send_message()
{
	if
	:: !(remembered & 1 << mine) && messages < MOST_MESSAGES -> messages++; remembered = remembered | 1 << mine
	:: else
	fi
}

inline take_out() { status = RECEIVED; in_room = false; on_the_way++; event_was_changed() }

#ifdef REPLAY
#define DIES	(me >= FIRST_WORKER && (IS(DIED) || IS(LEFT)))	/* the dispatcher; for the others see `killed` */
#else
#define DIES	true
#endif

/* The message of an event is sent: by its receiver, the sweep, or the dispatcher. */
#define SEND(failed) \
	if \
	:: atomic { IS(SENT) -> NEXT; send_message() } \
	:: atomic { IS(SEND_FAILED) && fault() -> NEXT; costs_a_fault(); goto failed } \
	:: atomic { IS(SEND_UNKNOWN) && fault() -> NEXT; costs_a_fault(); send_message(); goto failed } \
	:: atomic { DIES && fault() -> NEXT; costs_a_fault(); goto failed } \
	fi

proctype receiver(byte me)
{
	bool is_received;
	byte mine;

wait:
end:	atomic { (REPLAYING || deliveries > 0) -> deliveries = deliveries - (REPLAYING -> 0 : 1) };
	{
		skip;
#ifdef WITHOUT_STORE_FIRST	/* intake.Intake: 200 only after the event is stored and its message is sent */
		was_accepted = true;
#endif
		if
		:: atomic { IS(PUT) && IS_NEW -> NEXT; store(); is_received = true; mine = tries }
		:: atomic { IS(PUT_KNOWN) && status != NONE -> NEXT; is_received = (status == RECEIVED); mine = tries }
		:: atomic { IS(PUT_FAILED) && fault() -> NEXT; costs_a_fault(); goto refuse }
		:: atomic { IS(PUT_UNKNOWN) && fault() && status == NONE -> NEXT; costs_a_fault(); store(); goto refuse }
		:: atomic { REPLAYING && IS(REFUSED) -> NEXT; goto wait }
		fi;
		if
		:: is_received -> SEND(refuse)
		:: !is_received
		fi;
		atomic { IS(ACCEPTED) -> NEXT; was_accepted = true; assert(was_stored) };
		goto wait;
refuse:		/* 503, or the process is gone */
		if
		:: atomic { IS(REFUSED) -> NEXT }
		:: !REPLAYING
		fi
	} unless { atomic { killed[me] -> killed[me] = false } }
	goto wait
}

proctype sweep(byte me)
{
	byte recalled, mine;

wait:
end:	do
	:: atomic { (status == RECEIVED || status == QUEUED || (status == SYNCING && expired)) && IS(READ) -> NEXT;
		if
		:: !REPLAYING && status == QUEUED -> take_out(); recalled = 1	/* EventStore.recall */
		:: else
		fi;
		unchanged[me - RECEIVERS] = true; mine = tries };
		{
			skip;
			SEND(over);
			if
			:: atomic { status != FINAL && IS_AS_READ(unchanged[me - RECEIVERS]) && IS(REQUEUED) -> NEXT;
				status = QUEUED; owner = NOBODY; in_room = false; event_was_changed() }
			:: atomic { !(status != FINAL && IS_AS_READ(unchanged[me - RECEIVERS])) &&
				IS(REQUEUE_REFUSED) -> NEXT }
			:: atomic { IS(REQUEUE_FAILED) && fault() -> NEXT; costs_a_fault() }
			fi;
over:			on_the_way = on_the_way - recalled; recalled = 0
		} unless { atomic { killed[me] -> killed[me] = false } }
	od
}

inline hand_back()
{
	status = QUEUED; owner = NOBODY; unfinished = AFTER_WAITING; next_id(); event_was_changed()
}

inline keep_message()
{
	if
	:: in_hand[AT(me)] -> messages++; in_hand[AT(me)] = false
	:: else
	fi
}

inline leave() { at_work[AT(me)] = false; in_hand[AT(me)] = false }

inline claim()
{
	assert(!at_work[1 - AT(me)]);
	status = SYNCING; owner = me; expired = false; in_room = false; at_work[AT(me)] = true;
	unfinished++; next_id(); late_is_owner = false; event_was_changed()
}

#define MAY_WAIT	(unfinished <= MAX_UNFINISHED && (REPLAYING || waits > 0))
inline costs_a_wait() { if :: waits > 0 -> waits-- :: else fi }

proctype worker(byte me)
{
wait:
end:	atomic { (REPLAYING || messages > 0) ->
		if
		:: REPLAYING
		:: !REPLAYING -> messages--; in_hand[AT(me)] = true
		:: old_receipts > 0 -> old_receipts--	/* another worker has it as well, with a newer receipt */
		fi };

	if
	:: atomic { MAY_CLAIM && IS(CLAIMED) -> NEXT; claim() }
	:: atomic { REPLAYING && !IS_OWNER(owner == me) && IS(CLAIM_LOST) -> NEXT; goto wait }	/* it had ended it */
	:: atomic { MAY_JOIN && MAY_WAIT && IS(JOINED_LINE) -> NEXT;
		costs_a_wait(); status = QUEUED; in_room = true; next_id(); event_was_changed();
		in_hand[AT(me)] = false; goto wait }
	:: atomic { !MAY_CLAIM && status == SYNCING && IS(CLAIM_REFUSED) -> NEXT;
		keep_message(); goto wait }	/* it is another's: later again */
	:: atomic { !MAY_CLAIM && status != SYNCING && IS(CLAIM_REFUSED) -> NEXT;
		in_hand[AT(me)] = false; goto wait }
	fi;

	if
	:: unfinished > MAX_UNFINISHED -> assert(deaths >= MAX_UNFINISHED)	/* Patience.is_worn_out */
	:: else
	fi;
at_it:	if
	:: atomic { REPLAYING && IS_OWNER(owner == me) && IS(READING) -> NEXT; event_was_changed(); goto at_it }
	:: atomic { IS_OWNER(owner == me) && IS(FINISHED) -> NEXT; leave();
		status = FINAL; owner = NOBODY; event_was_changed() }
	:: atomic { IS_OWNER(owner == me) && MAY_WAIT && IS(WAITS_IN_A_ROOM) -> NEXT; leave();
		costs_a_wait(); hand_back(); in_room = true }
	:: atomic { IS_OWNER(owner == me) && MAY_WAIT && IS(WAITS_BRIEFLY) -> NEXT; at_work[AT(me)] = false;
		assert(REPLAYING || in_hand[0] || in_hand[1] || messages > 0 || on_the_way > 0);
		costs_a_wait(); hand_back(); keep_message() }	/* with its message */
	:: atomic { !IS_OWNER(owner == me) && IS(CLAIM_LOST) -> NEXT; leave() }
	:: atomic { REPLAYING && (IS(DIED) || IS(LEFT)) -> NEXT; deaths++; leave() }
	:: atomic { !REPLAYING && faults > 0 -> faults--; at_work[AT(me)] = false; deaths++;
		if
		:: keep_message()	/* its message is had again */
		:: in_hand[AT(me)] = false	/* or is lost */
		:: !is_late -> is_late = true; late_is_owner = (owner == me); keep_message()
		fi }
	fi;
	goto wait
}

proctype dispatcher(byte me)
{
	byte mine;

end:	do
	:: atomic { status == QUEUED && in_room && IS(DISPATCHED) -> NEXT; take_out(); mine = tries };
		SEND(next);
next:		on_the_way--
	:: atomic { REPLAYING && DIES -> NEXT }
	od
}

active proctype surroundings()
{
	byte me;

	choose_run();
	run receiver(0);
#if DELIVERIES > 1
	run receiver(1);
#endif
#ifndef WITHOUT_SWEEP	/* operations/sweep.py */
	run sweep(2);
#if SWEEPS > 1
	run sweep(3);
#endif
#endif
	run worker(FIRST_WORKER);
#if WORKERS > 1
	run worker(FIRST_WORKER + 1);
#endif
	run dispatcher(FIRST_WORKER + 2);
#ifdef REPLAY
	run dispatcher(FIRST_WORKER + 3);
#endif
end:	do
#ifdef REPLAY
	:: atomic { IT_IS(DIED) && who < PROCESSES -> killed[who] = true; NEXT }
#else
	:: atomic { faults > 0 && messages > 0 -> faults--; messages-- }
	:: atomic { is_late ->
		if
		:: IS_OWNER(late_is_owner) -> hand_back(); in_room = true
		:: else
		fi;
		is_late = false }
	:: atomic { was_accepted && !was_stored && deliveries == 0 -> assert(false) }
#endif
	od
}

/* Time: claims expire, and SQS forgets. Processes of their own, because fairness is one between processes. */
active proctype lease()
{
end:	do
	:: atomic { status == SYNCING && !expired && IS_OVER(owner) -> expired = true }
	od
}

active proctype memory()
{
end:	do
	:: atomic { remembered -> remembered = 0 }
	od
}

#ifndef REPLAY
ltl what_is_stored_ends { [] (was_stored -> <> (status == FINAL)) }
#endif
