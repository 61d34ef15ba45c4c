#include "examples/portal/server.h"
#include "examples/portal/routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <time.h>

struct server {
	struct MHD_Daemon *daemon;
};

/* ?lang= says it, or the cookie that it left, or else the browser; Chinese comes first. */
static void choose_language(struct exchange *x)
{
	const char *asked = exchange_parameter(x, "lang");
	const char *kept = exchange_cookie(x, LANGUAGE_COOKIE);
	const char *accepted = exchange_header(x, "Accept-Language");
	const char *chosen = asked ? asked : kept ? kept : accepted ? accepted : "zh";
	x->language = strncasecmp(chosen, "en", 2) == 0 ? LANGUAGE_EN : LANGUAGE_ZH;
	if (asked)
		exchange_set_cookie(x, LANGUAGE_COOKIE, text_of(TEXT_LANG, x->language),
		                    365 * 86400);
}

static void find_session(struct exchange *x)
{
	const char *id = exchange_cookie(x, SESSION_COOKIE);
	if (id)
		x->session = session_find(x->portal->sessions, id, time(NULL));
}

static void dispatch(struct exchange *x, const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (const struct route *r = ROUTES; r->path; r++) {
		if (strcmp(r->path, x->path) == 0 && strcmp(r->method, method) == 0) {
			r->run(x);
			return;
		}
	}
	answer_trouble(x, &(struct trouble){.problem = PROBLEM_NOT_FOUND});
}

/*
 * libmicrohttpd calls once with the head, then for each part of a body, then once more. Answering in
 * the first call would close the connection. Bodies are not used here, and dropped.
 */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_n, void **state)
{
	static const char SEEN;
	(void)version;
	(void)upload;
	if (!*state) {
		*state = (void *)&SEEN;
		return MHD_YES;
	}
	if (*upload_n) {
		*upload_n = 0;
		return MHD_YES;
	}
	struct exchange x = {.portal = context, .connection = connection, .path = path};
	choose_language(&x);
	find_session(&x);
	dispatch(&x, method);
	session_release(x.session);
	if (!x.response)
		return MHD_NO;
	enum MHD_Result queued = MHD_queue_response(connection, x.status, x.response);
	MHD_destroy_response(x.response);
	return queued;
}

/* ---- life ----------------------------------------------------------------------------------- */

/* The file appears whole, or not at all. */
static bool write_port(const char *path, uint16_t port)
{
	char temporary[4096];
	int n = snprintf(temporary, sizeof temporary, "%s.new", path);
	FILE *file = n > 0 && (size_t)n < sizeof temporary ? fopen(temporary, "we") : NULL;
	if (!file)
		return false;
	bool written = fprintf(file, "%u\n", port) > 0;
	written &= fclose(file) == 0;
	return written && rename(temporary, path) == 0;
}

static struct server *complain(struct server *s, const char *what, const char *why)
{
	fprintf(stderr, "portal: %s: %s\n", what, why);
	server_stop(s);
	return NULL;
}

struct server *server_start(struct portal *portal)
{
	const struct options *o = portal->options;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(o->port)};
	struct server *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	if (inet_pton(AF_INET, o->address, &address.sin_addr) != 1)
		return complain(s, o->address, "is no IPv4 address");
	s->daemon = MHD_start_daemon(
	        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
	                MHD_USE_POLL | MHD_USE_ITC,
	        o->port, NULL, NULL, handle, portal, MHD_OPTION_SOCK_ADDR, &address,
	        MHD_OPTION_CONNECTION_LIMIT, 256u, MHD_OPTION_CONNECTION_TIMEOUT, 30u,
	        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32 << 10, MHD_OPTION_END);
	if (!s->daemon)
		return complain(s, "cannot listen", strerror(errno));
	if (o->port_file && !write_port(o->port_file, o->port))
		return complain(s, o->port_file, strerror(errno));
	return s;
}

void server_stop(struct server *s)
{
	if (!s)
		return;
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	free(s);
}
