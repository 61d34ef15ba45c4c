/*
 * Runs the steps of a request, one after another, on its connection's thread.
 *
 * A step that waits has submitted one operation, which may be done before the step returns (an
 * embedded cache: go on at once), or at any later moment on any thread. `waiting` settles who wakes
 * the connection, by one atomic exchange on each side:
 *
 *	the connection's thread                    the operation's thread
 *	NOT   before the step
 *	      suspends the connection
 *	      exchanges in SUSPENDED               exchanges in OVER
 *	found OVER: resumes it itself              found SUSPENDED: resumes it
 *
 * Whoever comes second resumes, once, and a connection is only resumed after it was suspended. Each
 * exchange also hands the operation's results over. While suspended, libmicrohttpd neither
 * reads from nor times out nor closes the connection, so that what the operation works on lives on.
 */
#include "authd/server/exchange.h"

void runner_op_done(struct op *op)
{
	struct exchange *x = CONTAINER_OF(op, struct exchange, request.op);
	struct worker *w = x->worker;
	struct MHD_Connection *mhd = x->mhd;
	/* The daemon is not stopped while somebody may be in MHD_resume_connection(). */
	atomic_fetch_add(&w->resuming, 1);
	/* From the exchange on, the request is not ours unless the connection is suspended. */
	if (atomic_exchange(&x->waiting, WAITING_OVER) == WAITING_SUSPENDED)
		MHD_resume_connection(mhd);
	atomic_fetch_sub(&w->resuming, 1);
}

/* True when the operation is done already. */
static bool wait_for_operation(struct exchange *x)
{
	if (atomic_load(&x->waiting) == WAITING_OVER)
		return true;
	struct MHD_Connection *mhd = x->mhd;
	MHD_suspend_connection(mhd);
	if (atomic_exchange(&x->waiting, WAITING_SUSPENDED) == WAITING_OVER)
		MHD_resume_connection(mhd);
	return false;
}

/* True when all steps are done; false when the connection was suspended. */
static bool run_steps(struct exchange *x)
{
	struct request *r = &x->request;
	while (*r->next) {
		step_fn *step = *r->next++;
		atomic_store(&x->waiting, WAITING_NOT);
		enum step_result result = step(r);
		if (result == STEP_DONE)
			return true;
		if (result == STEP_WAIT && !wait_for_operation(x))
			return false;
	}
	return true;
}

enum MHD_Result runner_run(struct exchange *x)
{
	return run_steps(x) ? respond(x) : MHD_YES;
}
