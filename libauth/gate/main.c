/* authgate: see USAGE. */
#include "libauth/gate/http.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <pthread.h>
#include <stdlib.h>

enum { DONE = 0, FAILED = 1, USED_WRONGLY = 2 };

static const char USAGE[] =
	"authgate verifies bearer tokens for nginx's auth_request, without asking the issuer.\n"
	"\n"
	"  authgate --listen unix:PATH --issuer URL --audience AUD [OPTION...]\n"
	"\n"
	"  --listen unix:PATH   where nginx asks; mode 0660\n"
	"  --issuer URL         whose tokens: `iss`\n"
	"  --audience AUD       for whom: `aud`\n"
	"  --scope WORD         must be in `scope`; may be repeated\n"
	"  --min-acr LEVEL      the lowest level of authentication accepted\n"
	"\n"
	"Keys and status lists come over the network, unless they are named:\n"
	"  --cache DIR          keep what was fetched, for the next start\n"
	"  --ca FILE            authorities to trust instead of the system's\n"
	"  --jwks FILE          the issuer's keys\n"
	"  --list FILE          a status list; may be repeated\n"
	"  --bundle FILE --root FILE --state FILE\n"
	"                       a trust bundle, the pinned root keys, and the newest version seen\n"
	"\n"
	"  --accept-unknown     pass tokens whose revocation cannot be known\n"
	"\n"
	"204: the token is valid; X-Auth-Subject, -Client, -Scope, -Level and -Actor say who it is.\n"
	"401 and 403: it is not, and WWW-Authenticate says why (RFC 6750). 503: nobody could say, for now.\n"
	"SIGHUP reads the files anew; SIGTERM ends it.\n";

static const struct option LONG[] = {
	{ "listen", required_argument, NULL, 'l' },   { "issuer", required_argument, NULL, 'i' },
	{ "audience", required_argument, NULL, 'a' }, { "scope", required_argument, NULL, 's' },
	{ "min-acr", required_argument, NULL, 'm' },  { "jwks", required_argument, NULL, 'j' },
	{ "list", required_argument, NULL, 't' },     { "bundle", required_argument, NULL, 'b' },
	{ "root", required_argument, NULL, 'r' },     { "state", required_argument, NULL, 'e' },
	{ "cache", required_argument, NULL, 'c' },    { "ca", required_argument, NULL, 'f' },
	{ "accept-unknown", no_argument, NULL, 'u' }, { "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int wrong(const char *why)
{
	fprintf(stderr, "authgate: %s; see authgate --help\n", why);
	return USED_WRONGLY;
}

static bool append(const char **list, size_t most, const char *value)
{
	size_t n = 0;
	while (list[n])
		n++;
	if (n < most)
		list[n] = value;
	return n < most;
}

static bool take_option(struct gate_options *o, int letter, const char *value)
{
	const char **to = letter == 'l' ? &o->listen :
			  letter == 'i' ? &o->issuer :
			  letter == 'a' ? &o->audience :
			  letter == 'm' ? &o->min_acr :
			  letter == 'j' ? &o->jwks :
			  letter == 'b' ? &o->bundle :
			  letter == 'r' ? &o->root :
			  letter == 'e' ? &o->state :
			  letter == 'c' ? &o->cache :
			  letter == 'f' ? &o->ca :
					  NULL;
	if (to)
		*to = value;
	if (letter == 's')
		return append(o->scopes, GATE_SCOPES_MAX, value);
	if (letter == 't')
		return append(o->lists, GATE_LISTS_MAX, value);
	o->accept_unknown |= letter == 'u';
	return letter != '?';
}

static int check(const struct gate_options *o)
{
	if (!o->listen || !o->issuer || !o->audience)
		return wrong("--listen, --issuer and --audience are needed");
	if (o->bundle && (!o->root || !o->state))
		return wrong("--bundle needs --root and --state");
	if ((o->bundle && o->jwks) || ((o->bundle || o->jwks) && o->cache))
		return wrong("keys come from --jwks, from --bundle, or over the network");
	if (o->lists[0] && !o->jwks)
		return wrong("--list goes with --jwks");
	return DONE;
}

/* Signals are taken here alone, so that no handler runs anywhere. */
static void serve_until_ended(struct gate *g, const sigset_t *signals)
{
	struct auth_error error;
	for (int signal; !sigwait(signals, &signal) && signal == SIGHUP;)
		if (!gate_reload(g, &error))
			fprintf(stderr, "authgate: %s; what was there stays\n", error.message);
}

static int run(const struct gate_options *o)
{
	struct gate *g;
	struct http *h;
	struct auth_error error;
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!gate_open(o, &g, &error)) {
		fprintf(stderr, "authgate: %s\n", error.message);
		return FAILED;
	}
	bool open = http_open(o->listen, g, &h, &error);
	if (open) {
		fprintf(stderr, "authgate: listening on %s\n", o->listen);
		serve_until_ended(g, &signals);
		http_close(h);
	} else {
		fprintf(stderr, "authgate: %s\n", error.message);
	}
	gate_close(g);
	return open ? DONE : FAILED;
}

int main(int argc, char **argv)
{
	struct gate_options options = { 0 };
	for (int letter; (letter = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
		if (letter == 'h')
			return fputs(USAGE, stdout) < 0 ? FAILED : DONE;
		if (!take_option(&options, letter, optarg))
			return wrong("an option is not known, or given too often");
	}
	if (optind < argc)
		return wrong("it takes options alone");
	int code = check(&options);
	return code == DONE ? run(&options) : code;
}
