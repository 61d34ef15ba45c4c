/*
 * bare SIZE THREADS: libmicrohttpd and nothing else, the limit that authd is measured against. It answers
 * each request with SIZE bytes. Prints its port; ends at the end of its standard input.
 */
#include <microhttpd.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL_SIZE = 16 << 10, IDLE_S = 60 };

/* The context is set in the first call, and the answer queued in a later one, as authd does. */
static enum MHD_Result answer(void *context, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *body, size_t *n,
			      void **state)
{
	(void)url, (void)method, (void)version, (void)body;
	if (!*state || *n > 0) {
		*state = context;
		*n = 0;
		return MHD_YES;
	}
	return MHD_queue_response(c, MHD_HTTP_OK, context);
}

int main(int argc, char **argv)
{
	static char body[16 << 10];
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	if (n == 0 || n > sizeof body || threads < 2)
		return 2;
	memset(body, 'x', n);
	struct MHD_Response *r = MHD_create_response_from_buffer(n, body, MHD_RESPMEM_PERSISTENT);
	/* authd/server/server.c's flags, and as many threads as it has workers here. */
	struct MHD_Daemon *d = MHD_start_daemon(
	        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer, r,
	        MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	        (size_t)POOL_SIZE, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	if (!r || !d)
		return 1;
	printf("%u\n", MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	while (getchar() != EOF)
		;
	MHD_stop_daemon(d);
	MHD_destroy_response(r);
	return 0;
}
