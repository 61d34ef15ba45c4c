#include "libauth/gate/http.h"

#include "libauth/base/mem.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

DEFINE_AUTO(claims, struct auth_claims *, auth_claims_free)

enum { THREADS = 2, BACKLOG = 512 };

struct http {
	struct MHD_Daemon *daemon;
	struct sockaddr_un address;
};

/* ---- answers -------------------------------------------------------------------------------- */

static enum MHD_Result send_answer(struct MHD_Connection *c, unsigned code, struct MHD_Response *r)
{
	MHD_add_response_header(r, "Cache-Control", "no-store");
	enum MHD_Result done = MHD_queue_response(c, code, r);
	MHD_destroy_response(r);
	return done;
}

static struct MHD_Response *empty(void)
{
	return MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
}

/* RFC 6750 §3.1. RFC 9470 §3: a client whose person has to prove more is told how much. */
static enum MHD_Result refuse(struct MHD_Connection *c, const struct gate *g, enum auth_status status)
{
	bool is_low = status == AUTH_LEVEL_TOO_LOW;
	const char *error = status == AUTH_MISSING_SCOPE ? "insufficient_scope" :
			    is_low			 ? "insufficient_user_authentication" :
							   "invalid_token";
	char challenge[512];
	struct MHD_Response *r = empty();
	if (!r)
		return MHD_NO;
	snprintf(challenge, sizeof challenge, "Bearer error=\"%s\", error_description=\"%s\"%s%s%s", error,
		 auth_strerror(status), is_low ? ", acr_values=\"" : "", is_low ? gate_min_acr(g) : "",
		 is_low ? "\"" : "");
	MHD_add_response_header(r, "WWW-Authenticate", challenge);
	return send_answer(c, status == AUTH_MISSING_SCOPE ? 403 : 401, r);
}

static enum MHD_Result ask_for_token(struct MHD_Connection *c)
{
	struct MHD_Response *r = empty();
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
	return send_answer(c, 401, r);
}

/* A fault of this machine, or that it does not know yet, is no verdict on the token: another one would
 * not help. nginx makes 500 of anything but 2xx, 401 and 403; conf/proxy/gate.conf makes it 503 again. */
static bool is_verdict(enum auth_status s)
{
	return s >= 0 && s != AUTH_NO_KEYS && s != AUTH_REVOCATION_UNKNOWN;
}

static enum MHD_Result fail(struct MHD_Connection *c)
{
	struct MHD_Response *r = empty();
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "Retry-After", "5");
	return send_answer(c, 503, r);
}

/* Who it is, for the upstream. libmicrohttpd refuses a value that would break the header. */
static enum MHD_Result pass(struct MHD_Connection *c, const struct gate *g, const struct auth_claims *claims)
{
	const struct {
		const char *header, *value;
	} ROWS[] = {
		{ "X-Auth-Subject", auth_claims_sub(claims) },
		{ "X-Auth-Client", auth_claims_client_id(claims) },
		{ "X-Auth-Scope", auth_claims_scope(claims) },
		{ "X-Auth-Level", auth_claims_acr(claims) },
		{ "X-Auth-Actor", auth_value_string(auth_value_member(auth_claims_value(claims, "act"), "sub")) },
	};
	struct MHD_Response *r = empty();
	if (!r)
		return MHD_NO;
	for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
		if (!ROWS[i].value || MHD_add_response_header(r, ROWS[i].header, ROWS[i].value) == MHD_YES)
			continue;
		MHD_destroy_response(r);
		return refuse(c, g, AUTH_BAD_CLAIM);
	}
	return send_answer(c, 204, r);
}

/* ---- the question --------------------------------------------------------------------------- */

struct authorization {
	const char *value;
	unsigned n;
};

static enum MHD_Result count_authorization(void *context, enum MHD_ValueKind kind, const char *name,
					   const char *value)
{
	(void)kind;
	struct authorization *a = context;
	if (strcasecmp(name, "Authorization"))
		return MHD_YES;
	a->value = value;
	a->n++;
	return MHD_YES;
}

/* RFC 6750 §2.1. NULL: there is none. *ret_bad: there is something else, or there are two. */
static const char *bearer_token(struct MHD_Connection *c, bool *ret_bad)
{
	static const char SCHEME[] = "Bearer ";
	struct authorization a = { 0 };
	MHD_get_connection_values(c, MHD_HEADER_KIND, count_authorization, &a);
	*ret_bad = a.n > 1;
	if (a.n != 1 || !a.value || strncasecmp(a.value, SCHEME, sizeof SCHEME - 1))
		return NULL;
	return a.value + sizeof SCHEME - 1;
}

static enum MHD_Result answer(struct gate *g, struct MHD_Connection *c)
{
	AUTO(claims) struct auth_claims *claims = NULL;
	bool bad;
	const char *token = bearer_token(c, &bad);
	if (bad)
		return refuse(c, g, AUTH_MALFORMED);
	if (!token)
		return ask_for_token(c);
	enum auth_status s = gate_verify(g, token, &claims);
	if (!is_verdict(s))
		return fail(c);
	return s == AUTH_OK ? pass(c, g, claims) : refuse(c, g, s);
}

/* A response may not be queued in the first call: libmicrohttpd would close the connection. */
static enum MHD_Result handle(void *context, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *data, size_t *n,
			      void **state)
{
	(void)url, (void)method, (void)version, (void)data;
	static int seen;
	if (!*state) {
		*state = &seen;
		return MHD_YES;
	}
	if (*n) { /* a body is none of our business */
		*n = 0;
		return MHD_YES;
	}
	return answer(context, c);
}

/* ---- the socket ----------------------------------------------------------------------------- */

static bool complain(struct auth_error *error, const char *what)
{
	snprintf(error->message, sizeof error->message, "%.120s: %s", what, strerror(errno));
	return false;
}

static bool read_address(const char *listen, struct sockaddr_un *ret)
{
	static const char PREFIX[] = "unix:";
	const char *path = listen + sizeof PREFIX - 1;
	if (strncmp(listen, PREFIX, sizeof PREFIX - 1) || !*path || strlen(path) >= sizeof ret->sun_path)
		return false;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, path, strlen(path));
	return true;
}

/* What a gate before us has left behind goes; what is no socket stays. */
static void remove_old(const char *path)
{
	struct stat st;
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
}

static int open_socket(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	remove_old(address->sun_path);
	/* The web server's group may connect: the directory says who that is. */
	if (bind(fd, (const struct sockaddr *)address, sizeof *address) == 0 &&
	    chmod(address->sun_path, 0660) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

bool http_open(const char *listen, struct gate *g, struct http **ret, struct auth_error *error)
{
	AUTO_MEM struct http *h = calloc(1, sizeof *h);
	if (!h || !read_address(listen, &h->address)) {
		errno = EINVAL;
		return complain(error, "--listen takes unix:PATH");
	}
	int fd = open_socket(&h->address);
	if (fd < 0)
		return complain(error, listen);
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, handle, g,
				     MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, THREADS,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32768,
				     MHD_OPTION_CONNECTION_TIMEOUT, 60u, MHD_OPTION_END);
	if (!h->daemon) {
		close(fd);
		return complain(error, "libmicrohttpd");
	}
	*ret = TAKE(h);
	return true;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	MHD_stop_daemon(h->daemon);
	unlink(h->address.sun_path);
	free(h);
}
