/*
 * Replay: the model may only do what was recorded of the code.
 *
 * Without REPLAY, `IS(action)` is always true and `NEXT` does nothing: Spin explores everything. With it, each
 * action waits until the recorded run names it as the next one, so that the model follows the run or gets
 * stuck. What a worker does unseen (the provider's list catching up, an answer that is lost) remains free.
 *
 * The runs are read from `runs.txt`, a line each: pairs of worker and action. After the search, each run is
 * printed with the number of steps that the model could follow: `followed RUN STEPS of ALL`.
 */
#ifdef REPLAY

short run_number;	/* which of the runs */
short position;		/* steps that were followed */
byte who, what;		/* the step that comes next; what is 0 at the end */

c_decl {
	static int runs = 0;
	static int *lengths;
	static int *got_to;
	static unsigned char (*steps)[2048][2];
}

c_code {
	static void print_followed(void)
	{
		int each;
		for (each = 0; each < runs; each++)
			printf("followed %d %d of %d\n", each, got_to[each], lengths[each]);
	}

	static void read_runs(void)
	{
		FILE *file = fopen("runs.txt", "r");
		int length, each, by, action;
		if (runs > 0 || file == NULL)
			return;
		steps = calloc(4096, sizeof *steps);
		lengths = calloc(4096, sizeof *lengths);
		got_to = calloc(4096, sizeof *got_to);
		while (runs < 4096 && fscanf(file, "%d", &length) == 1) {
			for (each = 0; each < length && each < 2047; each++) {
				if (fscanf(file, "%d %d", &by, &action) != 2)
					exit(2);
				steps[runs][each][0] = by;
				steps[runs][each][1] = action;
			}
			lengths[runs++] = length;
		}
		fclose(file);
		atexit(print_followed);
	}

	static void look(void)
	{
		now.who = steps[now.run_number][now.position][0];
		now.what = steps[now.run_number][now.position][1];
	}

	static void advance(void)
	{
		now.position++;
		if (now.position > got_to[now.run_number])
			got_to[now.run_number] = now.position;
		look();
	}
}

inline choose_run()
{
	c_code { read_runs(); };
	do
	:: c_expr { now.run_number < runs - 1 } -> run_number++
	:: break
	od;
	c_code { if (runs > 0) look(); }
}

#define IS(action)	(who == me && what == action)
#define IT_IS(action)	(what == action)
#define NEXT		c_code { advance(); }
#define EXPLORING	false

#else

inline choose_run() { skip }

#define IS(action)	true
#define IT_IS(action)	true
#define NEXT		skip
#define EXPLORING	true

#endif
