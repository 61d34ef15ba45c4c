/*
 * service ISSUER AUDIENCE CACHE-DIR PORT [CA-FILE]: one resource, and only good tokens reach it.
 *
 *	cc service.c $(pkg-config --cflags --libs libauth-refresh libmicrohttpd) -o service
 *
 * GET /licences takes an access token of ISSUER for AUDIENCE with the scope licences.read. Keys and
 * status lists are fetched in the background and kept in CACHE-DIR. Listens on 127.0.0.1, on any
 *free port if PORT is 0, and tells its address; put a proxy with TLS before it.
 */
#include <auth_refresh.h>
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SCOPE "licences.read"

struct service {
	struct auth_verifier *verifier;
	struct auth_refresh *refresh;
};

static enum MHD_Result respond(struct MHD_Connection *c, unsigned code, const char *challenge,
                               const char *text)
{
	struct MHD_Response *r =
	        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", "text/plain; charset=utf-8");
	MHD_add_response_header(r, "Cache-Control", "no-store");
	if (challenge)
		MHD_add_response_header(r, "WWW-Authenticate", challenge);
	if (code == 503)
		MHD_add_response_header(r, "Retry-After", "5");
	enum MHD_Result queued = MHD_queue_response(c, code, r);
	MHD_destroy_response(r);
	return queued;
}

/* RFC 6750 §3.1: what the client can do about it. A fault of ours is no verdict on its token. */
static enum MHD_Result refuse(struct MHD_Connection *c, enum auth_status status)
{
	const char *why = auth_strerror(status);
	if (status < 0 || status == AUTH_NO_KEYS || status == AUTH_REVOCATION_UNKNOWN)
		return respond(c, 503, NULL, "try again later\n");
	if (status == AUTH_MISSING_SCOPE)
		return respond(c, 403, "Bearer error=\"insufficient_scope\", scope=\"" SCOPE "\"",
		               why);
	return respond(c, 401, "Bearer error=\"invalid_token\"", why);
}

static enum MHD_Result licences(struct service *s, struct MHD_Connection *c)
{
	const char *header = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
	if (!header || strncasecmp(header, "Bearer ", 7))
		return respond(c, 401, "Bearer", "a token, please\n");
	struct auth_claims *claims;
	enum auth_status status = auth_refresh_verify(s->refresh, s->verifier, header + 7,
	                                              strlen(header + 7), time(NULL), &claims);
	if (status != AUTH_OK)
		return refuse(c, status);
	char text[512];
	snprintf(text, sizeof text, "the licences of %s\n", auth_claims_sub(claims));
	auth_claims_free(claims);
	return respond(c, 200, NULL, text);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *c, const char *url,
                              const char *method, const char *version, const char *body,
                              size_t *body_n, void **state)
{
	(void)version, (void)body, (void)body_n;
	if (!*state) { /* the first call comes before the request has been read to its end */
		*state = context;
		return MHD_YES;
	}
	if (strcmp(url, "/licences"))
		return respond(c, 404, NULL, "there is only /licences\n");
	if (strcmp(method, "GET"))
		return respond(c, 405, NULL, "GET, please\n");
	return licences(context, c);
}

/* Until one of the signals in `end`, which every thread has blocked. */
static int serve(struct service *s, unsigned short port, const sigset_t *end)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	struct MHD_Daemon *daemon = MHD_start_daemon(
	        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, 0, NULL, NULL, handle, s,
	        MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_THREAD_POOL_SIZE, 4u,
	        MHD_OPTION_CONNECTION_TIMEOUT, 30u, MHD_OPTION_END);
	if (!daemon)
		return fprintf(stderr, "service: cannot listen on port %d\n", port), 1;
	printf("http://127.0.0.1:%d/licences\n",
	       MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);

	int caught;
	sigwait(end, &caught);
	MHD_stop_daemon(daemon);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 5 && argc != 6)
		return fprintf(stderr, "usage: service ISSUER AUDIENCE CACHE-DIR PORT [CA-FILE]\n"),
		       2;
	struct auth_options policy = AUTH_OPTIONS_INIT;
	struct auth_refresh_options source = AUTH_REFRESH_OPTIONS_INIT;
	policy.issuer = source.issuer = argv[1];
	policy.audience = argv[2];
	policy.scopes = (const char *const[]){SCOPE, NULL};
	policy.cache_tokens = 10000;
	source.cache_dir = argv[3];
	source.ca_file = argv[5];

	sigset_t end;
	sigemptyset(&end);
	sigaddset(&end, SIGINT);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);

	struct service s;
	struct auth_error error;
	if (auth_verifier_new(&policy, &s.verifier, &error) != AUTH_OK ||
	    auth_refresh_start(&source, &s.verifier, 1, &s.refresh, &error) != AUTH_OK)
		return fprintf(stderr, "service: %s\n", error.message), 2;
	int code = serve(&s, (unsigned short)strtoul(argv[4], NULL, 10), &end);
	auth_refresh_stop(s.refresh);
	auth_verifier_free(s.verifier);
	return code;
}
