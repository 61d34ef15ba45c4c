/*
 * bare SIZE THREADS [CERTIFICATE KEY]: libmicrohttpd and nothing else, the limit that authd is measured
 * against; with files of a certificate and its key, over TLS. It answers each request with SIZE bytes.
 * Prints its port; ends at the end of its standard input.
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

/* A whole file as a string; it lives as long as the program. NULL without one. */
static char *text_of(const char *path)
{
	enum { TEXT_MAX = 64 << 10 };
	FILE *f = path ? fopen(path, "re") : NULL;
	char *text = f ? calloc(1, TEXT_MAX) : NULL;
	if (text && !fread(text, 1, TEXT_MAX - 1, f))
		*text = 0;
	if (f)
		fclose(f);
	return text;
}

/* authd/server/server.c's flags, and as many threads as it has workers here. */
static struct MHD_Daemon *start(struct MHD_Response *r, unsigned threads, const char *certificate,
				const char *key)
{
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, text_of(certificate) },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, text_of(key) },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	return MHD_start_daemon(
	        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (key ? MHD_USE_TLS : 0), 0,
	        NULL, NULL, answer, r, MHD_OPTION_THREAD_POOL_SIZE, threads,
	        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_SIZE, MHD_OPTION_CONNECTION_TIMEOUT,
	        (unsigned)IDLE_S, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_ARRAY,
	        key ? tls : none, MHD_OPTION_END);
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
	struct MHD_Daemon *d = r ? start(r, threads, argc > 4 ? argv[3] : NULL, argc > 4 ? argv[4] : NULL)
	                         : NULL;
	if (!d)
		return 1;
	printf("%u\n", MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	while (getchar() != EOF)
		;
	MHD_stop_daemon(d);
	MHD_destroy_response(r);
	return 0;
}
