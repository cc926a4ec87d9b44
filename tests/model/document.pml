/*
 * One document at Moneybird for one entity of Moment, and the newest content in it.
 *
 * Stands for: destinations/moneybird/writing/{upsert,lookup}.py under the claim of
 * accounting/stores/claim_store.py, with the link of accounting/stores/link_store.py. Each labelled action is
 * one call of the code to DynamoDB or to Moneybird.
 *
 * What may go wrong, FAULTS times in all: a worker dies anywhere; the answer of a call is lost; a call is
 * refused; a write of a worker that died is still on its way and arrives later. Moneybird's list lags behind.
 * A create that got no answer has happened, or never happens, or happens later.
 *
 * What is taken for granted (time is not counted, only compared):
 *   - A claim expires only after its worker's end: LEASE (90 s) is longer than the function's time-out (60 s).
 *   - When an attempt is settled (SETTLING, 2 minutes), what it sent has arrived or never will, lists show it,
 *     and its worker is past it. A document that is read by its id is read as it is.
 *   - A change that is sent again within the same sync (contacts and projects) does not arrive after its repeat.
 *   - A table write of a dead worker may arrive at any time, however late: nothing is assumed about it.
 *
 * Safety: never two documents, never two attachments; older content never replaces newer content; when all
 * events have come to their end, one document stands there, with the newest content.
 * Liveness: all events come to their end.
 */

#include "replay.pml"

/* The labelled actions: what a recorded run names. */
#define ACQUIRED		1
#define HELD			2	/* the claim is another's */
#define RELEASED		3
#define READ_NONE		4	/* the link, as it was read */
#define READ_INTENT		5
#define READ_CONFIRMED		6
#define LOOKED			7	/* for what an earlier attempt may have created */
#define INTENDED		8
#define DISCARDED		9
#define CREATED			10
#define CREATE_REFUSED		11
#define CREATE_UNKNOWN		12
#define LINKED			13	/* the link is confirmed */
#define CHANGE_BEGUN		14
#define CHANGE_TAKEN_BACK	15
#define CHANGED			16
#define CHANGE_REFUSED		17
#define CHANGE_UNKNOWN		18
#define MARKED			19	/* the fingerprint of what was written is noted */
#define STEP_BEGUN		20
#define STEP_TAKEN_BACK		21
#define STEPPED			22	/* a further step: the attachment */
#define STEP_REFUSED		23
#define STEP_UNKNOWN		24
#define STEP_DONE		25
#define WRITE_REFUSED		26	/* by the fence, or by the link's own condition */
#define DIED			27
#define EXPIRED			28	/* a claim whose worker is gone */
#define SETTLED			29	/* the create that was intended */
#define CHANGE_SETTLED		30
#define STEP_SETTLED		31

/* Bounds. */
#ifndef WORKERS
#define WORKERS	2
#endif
#ifndef EVENTS
#define EVENTS	2	/* deliveries that are there from the start */
#endif
#ifndef FAULTS
#define FAULTS	3
#endif
#ifndef CHANGES
#define CHANGES	0	/* of the source, each with an event of its own */
#endif
#ifdef BOOKED		/* begin with a document that stands there already */
#define FIRST	1
#else
#define FIRST	0
#endif

/* States of the link and of its step. */
#define NONE		0
#define INTENT		1	/* of the step: begun */
#define CONFIRMED	2	/* of the step: done */
#define UNKNOWN		9	/* no fingerprint */

#define content_of(version)	(version % 2)	/* the source returns to what it was: A, B, A */

/* The source. */
byte source;
byte open = EVENTS;	/* events that no worker has */
byte finished;
byte faults = FAULTS;

/* The accounting table. */
bool held, expired;	/* the claim */
byte latest;		/* who claimed last: the fence */
byte link = FIRST * CONFIRMED;
byte mark = (FIRST -> content_of(0) : UNKNOWN);
bool changing;
byte step;
bool settled, change_settled, step_settled;	/* SETTLING has passed since the attempt */

/* A write of a dead worker that is still on its way. */
byte late;
bool late_is_newest;
byte late_mark;

/* Moneybird. */
byte documents = FIRST, listed = FIRST;
byte written;		/* version whose content stands there */
byte attachments;
bool create_flies, change_flies, step_flies;	/* on the way, and nobody waits for it any more */
byte flying;		/* version that it carries */

/* Workers. */
bool session[WORKERS];	/* at work under a claim */
bool sending[WORKERS];	/* what is intended is not sent yet */
bool killed[WORKERS];

#ifdef WITHOUT_CLAIM	/* ClaimStore.acquire: a claim that is held is refused */
#define MAY_CLAIM	true
#else
#define MAY_CLAIM	(!held || expired)
#endif

#ifdef WITHOUT_FENCE	/* ClaimStore._write_under, and the fence in LinkStore.STILL_OURS */
#define IS_NEWEST(is_newest)	true
#else
#define IS_NEWEST(is_newest)	(is_newest)
#endif

#ifdef WITHOUT_INTENT	/* LinkStore.save_intent before the create */
#define INTENDS	false
#else
#define INTENDS	true
#endif

#ifdef WITHOUT_SETTLING	/* Upsert._wait_until_settled */
#define IS_OLD_ENOUGH(is_settled)	true
#else
#define IS_OLD_ENOUGH(is_settled)	(is_settled)
#endif

#ifdef WITHOUT_FIRST_OUTCOME	/* Transport.send: a refused repeat does not tell what the first call did */
#define MAY_HAVE_HAPPENED	false
#else
#define MAY_HAVE_HAPPENED	was_sent
#endif

#define fault()	(REPLAYING || faults > 0)
#ifdef REPLAY
#define REPLAYING	true
#else
#define REPLAYING	false
#endif
inline costs_a_fault() { if :: faults > 0 -> faults-- :: else fi }

/* A write to the link, under the claim. It takes effect, is refused, or its answer is lost. */
#define WRITE(action, condition, effect) \
	if \
	:: atomic { IS(action) && IS_NEWEST(latest == me) && (condition) -> NEXT; effect } \
	:: atomic { IS(WRITE_REFUSED) && !(IS_NEWEST(latest == me) && (condition)) -> NEXT; goto leave } \
	:: atomic { EXPLORING && late == 0 && faults > 0 -> \
		faults--; late = action; late_is_newest = (latest == me); late_mark = content_of(mine); goto gone } \
	fi; \
	if \
	:: skip \
	:: atomic { fault() -> costs_a_fault(); goto leave } \
	fi

/* A call that writes at Moneybird: it succeeds, is refused or never sent, or nobody knows. */
#define CALL(succeeded, refused, unknown, effect, flies, then) \
	if \
	:: atomic { IS(succeeded) -> NEXT; effect; sending[me] = false } \
	:: atomic { IS(refused) && fault() -> NEXT; costs_a_fault(); sending[me] = false; was_refused = true } \
	:: atomic { REPLAYING -> sending[me] = false; was_refused = true } \
	:: atomic { IS(unknown) && fault() -> NEXT; costs_a_fault(); sending[me] = false; \
		if \
		:: effect \
		:: skip \
		:: flies = true; flying = mine \
		fi; \
		then } \
	fi

inline make_document(version)
{
	documents++;
	assert(documents <= 1);
	written = version
}

inline change_document(version)
{
	assert(REPLAYING || version >= written);
	written = version
}

inline attach()
{
	attachments++;
	assert(attachments <= 1)
}

inline save_intent() { link = INTENT; settled = false; sending[me] = true }

inline confirm() { link = CONFIRMED; mark = UNKNOWN }

proctype worker(byte me)
{
	byte saw, known, stepped;	/* the link as it was read: its state, fingerprint and step */
	byte mine;			/* the version that was fetched */
	bool found, was_sent, was_refused, is_old, is_done;

next_event:
	atomic {
		if
		:: REPLAYING -> skip
		:: !REPLAYING && open > 0 -> open--
		:: !REPLAYING && finished == EVENTS + CHANGES -> goto end
		fi;
		is_done = false
	}

deliveries:
	do
	:: is_done -> break
	:: else ->
	{
	skip;
idle:
	if
	:: atomic { IS(ACQUIRED) && MAY_CLAIM -> NEXT;
		held = true; expired = false; latest = me; late_is_newest = false; session[me] = true }
	:: atomic { REPLAYING && IS(HELD) && held -> NEXT; goto idle }
	:: atomic { REPLAYING && link == NONE && IS(READ_NONE) -> NEXT; goto idle }
	:: atomic { REPLAYING && link == INTENT && IS(READ_INTENT) -> NEXT; goto idle }
	:: atomic { REPLAYING && link == CONFIRMED && IS(READ_CONFIRMED) -> NEXT; goto idle }
	fi;

	mine = source;	/* EntityReader.load: fetched under the claim */

read:	/* LinkStore.get_link */
	if
	:: atomic { link == NONE && IS(READ_NONE) -> NEXT; saw = NONE }
	:: atomic { link == INTENT && IS(READ_INTENT) -> NEXT; saw = INTENT }
	:: atomic { link == CONFIRMED && IS(READ_CONFIRMED) -> NEXT; saw = CONFIRMED }
	:: REPLAYING -> goto leave
	fi;
	atomic { known = mark; stepped = step; was_sent = false; was_refused = false; found = false }
	if
	:: REPLAYING -> goto read
	:: saw == CONFIRMED -> goto update
	:: saw != CONFIRMED
	fi;

	/* lookup.find_unlinked. The attempt's age is taken before the look: it must be old by then. */
#ifdef WITHOUT_AGE_BEFORE_LOOK
	is_old = true;
#else
	is_old = IS_OLD_ENOUGH(settled);
#endif
look:	skip;
#ifndef WITHOUT_LOOKUP
	if
	:: atomic { IS(LOOKED) -> NEXT; found = listed > 0 }
	:: saw == NONE	/* not every kind of document is searched for when nothing is known of an attempt */
	fi;
#endif
#ifdef WITHOUT_AGE_BEFORE_LOOK
	is_old = IS_OLD_ENOUGH(settled);
#endif
	if
	:: REPLAYING -> goto look	/* in several calls */
	:: REPLAYING -> goto leave	/* something else failed */
	:: found && saw == INTENT -> goto link_it
	:: !found && saw == INTENT && !is_old -> goto leave	/* WaitError */
	:: saw == NONE || (!found && is_old)
	fi;

	/* Upsert._create; where a document was found that nobody intended, _adopt writes the intent as well */
	if
	:: INTENDS -> WRITE(INTENDED, link != CONFIRMED, save_intent())
	:: !INTENDS
	fi;
	if
	:: found -> goto link_it
	:: !found
	fi;
	CALL(CREATED, CREATE_REFUSED, CREATE_UNKNOWN, make_document(mine), create_flies, goto leave);
	if
	:: was_refused -> WRITE(DISCARDED, link != CONFIRMED, link = NONE); goto leave
	:: !was_refused
	fi;

link_it:	/* LinkStore.confirm */
	sending[me] = false;
	WRITE(LINKED, link != NONE || !INTENDS, confirm());
	known = UNKNOWN;
	goto compare;

update:	/* Upsert._update */
	if
	:: changing && !IS_OLD_ENOUGH(change_settled) -> goto leave
	:: else
	fi;
	if
	:: known == content_of(mine) -> goto steps	/* lookup.read_linked: it was written already */
	:: known != content_of(mine)
	fi;

compare:	/* Upsert._apply */
	if
	:: content_of(written) == content_of(mine) || REPLAYING -> goto note
	:: content_of(written) != content_of(mine) || REPLAYING
	:: REPLAYING -> goto leave
	fi;
#ifndef WITHOUT_CHANGE_MARK	/* LinkStore.begin_change */
	WRITE(CHANGE_BEGUN, link != NONE,
		changing = true; change_settled = false; mark = UNKNOWN; sending[me] = true);
#endif
send_change:	/* a change that is safe to repeat may be sent again at once: providers/http.Transport.repeats */
	CALL(CHANGED, CHANGE_REFUSED, CHANGE_UNKNOWN, change_document(mine), change_flies,
		if
		:: goto leave
		:: REPLAYING || !change_flies -> sending[me] = true; was_sent = true; goto send_change
		fi);
	if
	:: was_refused && MAY_HAVE_HAPPENED -> goto leave
	:: was_refused && !MAY_HAVE_HAPPENED -> WRITE(CHANGE_TAKEN_BACK, link != NONE, changing = false; mark = known); goto leave
	:: !was_refused
	fi;

note:	/* Upsert._finish; its actions are changes as well */
	if
	:: REPLAYING -> goto compare
	:: REPLAYING && changing -> goto send_change	/* several under one mark */
	:: true
	fi;
	WRITE(MARKED, link != NONE, mark = content_of(mine); changing = false);

steps:	/* Upsert.once */
#ifdef STEPS
	if
	:: stepped == CONFIRMED || REPLAYING -> goto done
	:: REPLAYING -> goto leave
	:: stepped != CONFIRMED
	fi;
	is_old = IS_OLD_ENOUGH(step_settled);
	found = attachments > 0;
	if
	:: found -> goto step_is_there
	:: !found && stepped == INTENT && !is_old -> goto leave
	:: else
	fi;
#ifndef WITHOUT_STEP_RECORD	/* LinkStore.record_step before the step is taken */
	WRITE(STEP_BEGUN, link != NONE, step = INTENT; step_settled = false; sending[me] = true);
#endif
	CALL(STEPPED, STEP_REFUSED, STEP_UNKNOWN, attach(), step_flies, goto leave);
	if
	:: was_refused -> WRITE(STEP_TAKEN_BACK, link != NONE, step = NONE); goto leave
	:: !was_refused
	fi;
step_is_there:
	WRITE(STEP_DONE, link != NONE, step = CONFIRMED);
#endif

done:
	is_done = !REPLAYING;
	goto leave;

gone:	/* its last write is still on its way */
	atomic { session[me] = false; sending[me] = false; goto over }

leave:	/* ClaimStore.give_up: if that fails, the claim expires */
	sending[me] = false;
	if
	:: REPLAYING && link == NONE -> atomic { IS(READ_NONE) -> NEXT; goto leave }
	:: REPLAYING && link == INTENT -> atomic { IS(READ_INTENT) -> NEXT; goto leave }
	:: REPLAYING && link == CONFIRMED -> atomic { IS(READ_CONFIRMED) -> NEXT; goto leave }
	:: atomic { IS(RELEASED) -> NEXT; session[me] = false;
		if
		:: latest == me -> held = false
		:: else
		fi }
	:: atomic { fault() -> costs_a_fault(); session[me] = false }
	fi;
over:	skip
	} unless {
		/* the process dies; the queue delivers the event again */
		atomic { killed[me] ->
			killed[me] = false; session[me] = false; sending[me] = false; is_done = false }
	};
	atomic { saw = 0; known = 0; stepped = 0; mine = 0; found = false; was_sent = false; was_refused = false;
		is_old = false }	/* what is over makes no difference any more */
	od;

	finished++;
	goto next_event;
end:	skip
}

#define nothing_is_sending	(!sending[0] && !sending[WORKERS - 1])

/* What nobody decides: time, Moneybird's lists, the network, the source, and death. */
active proctype surroundings()
{
	byte me;

	choose_run();
#ifndef REPLAY
	do
	:: atomic { me < WORKERS -> run worker(me); me++ }
	:: me == WORKERS -> break
	od;
#endif

end:	do
	:: atomic { IT_IS(EXPIRED) && held && !expired && !session[latest] -> NEXT; expired = true }
	:: atomic { IT_IS(SETTLED) && link == INTENT && !settled && !create_flies && listed == documents &&
		(REPLAYING || nothing_is_sending) -> NEXT; settled = true }
	:: atomic { IT_IS(CHANGE_SETTLED) && changing && !change_settled && !change_flies &&
		(REPLAYING || nothing_is_sending) -> NEXT; change_settled = true }
	:: atomic { IT_IS(STEP_SETTLED) && step == INTENT && !step_settled && !step_flies &&
		(REPLAYING || nothing_is_sending) -> NEXT; step_settled = true }
	:: atomic { listed < documents -> listed = documents }
	:: atomic { create_flies -> create_flies = false; if :: make_document(flying) :: skip fi }
	:: atomic { change_flies -> change_flies = false; if :: change_document(flying) :: skip fi }
	:: atomic { step_flies -> step_flies = false; if :: attach() :: skip fi }
#ifdef REPLAY
	:: atomic { me < WORKERS && who == me -> run worker(me); me++ }
	:: source = 1 - source
	:: atomic { IT_IS(DIED) -> killed[who] = true; NEXT }
#else
	:: atomic { source < CHANGES -> source++; open++ }
	:: atomic { faults > 0 -> faults--; killed[0] = true }
	:: atomic { late != 0 ->
		if
		:: !IS_NEWEST(late_is_newest)
		:: IS_NEWEST(late_is_newest) ->
			if
			:: late == INTENDED && link != CONFIRMED -> link = INTENT; settled = true /* an old attempt */
			:: late == DISCARDED && link != CONFIRMED -> link = NONE
			:: late == LINKED && link != NONE -> confirm()
			:: late == CHANGE_BEGUN && link != NONE -> changing = true; mark = UNKNOWN
			:: late == CHANGE_TAKEN_BACK && link != NONE -> changing = false; mark = UNKNOWN
			:: late == MARKED && link != NONE -> changing = false; mark = late_mark
			:: late == STEP_BEGUN && link != NONE -> step = INTENT; step_settled = true
			:: late == STEP_TAKEN_BACK && link != NONE -> step = NONE
			:: late == STEP_DONE && link != NONE -> step = CONFIRMED
			:: else
			fi
		fi;
		late = 0 }
#endif
	od
}

#ifndef REPLAY
#define all_is_finished	(finished == EVENTS + CHANGES)

ltl every_event_ends { <> all_is_finished }

/* When all has come to its end, what stands at Moneybird is what the source says. */
active proctype end_result()
{
end:	atomic { all_is_finished && !create_flies && !change_flies && !step_flies ->
		assert(documents == 1);
		assert(content_of(written) == content_of(source));
#ifdef STEPS
		assert(attachments == 1)
#endif
	}
}
#endif
