/*
 * authd: opens what an issuer needs, from the lowest floor up, serves until SIGTERM, and closes it
 * in the opposite order.
 */
#include "authd/endpoint/routes.h"
#include "authd/notify.h"
#include "authd/server/server.h"
#include "authd/service/audit_checkpoints.h"
#include "authd/service/audit_guard.h"
#include "authd/service/client_certificate.h"
#include "authd/service/documents.h"
#include "authd/service/fetch.h"
#include "authd/service/layout.h"
#include "authd/service/outbox.h"
#include "authd/service/secret_rotation.h"
#include "authd/service/own_tokens.h"
#include "authd/service/pool.h"
#include "authd/service/redirect_uri.h"
#include "authd/service/status_lists.h"
#include "authd/upkeep.h"
#include "libauth/base/secret.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	EXIT_CANNOT = 1, /* start, or end in time */
	EXIT_USAGE = 2,

	TICK_S = 60,
	REQUEST_S = 10,    /* for a request to come in, and its answer to go out */
	DRAIN_MS = 25000,  /* service managers wait for 30 s */
	OTHER_FILES = 256, /* stores, logs, Redis, back channels */
};

static const char USAGE[] =
        "usage: authd --config FILE [--check] [--port-file FILE]\n"
        "\n"
        "  --config FILE     the settings; every key is explained in the file that is shipped\n"
        "  --check           read and check the settings, and start nothing\n"
        "  --port-file FILE  write the port that is listened on, once it is\n"
        "\n"
        "SIGTERM answers what has begun and ends; SIGHUP reads keys and certificates again.\n"
        "`authctl init` makes the keys and the records that a first start needs.\n";

struct arguments {
	const char *config, *port_file;
	bool check;
};

struct authd {
	struct arena arena; /* of the settings */
	struct conf *conf;
	struct issuer issuer;
	struct log *log;
	struct server *server;
	bool audited; /* the audit has been begun, and is to be ended */
};

/* ---- arguments ------------------------------------------------------------------------------ */

/* ST_INVALID: not understood. */
static status read_arguments(int argc, char **argv, struct arguments *ret)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },    { "check", no_argument, NULL, 'k' },
		{ "port-file", required_argument, NULL, 'p' }, { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },         { NULL, 0, NULL, 0 },
	};
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'c': ret->config = optarg; break;
		case 'k': ret->check = true; break;
		case 'p': ret->port_file = optarg; break;
		case 'h': fputs(USAGE, stdout); exit(0);
		case 'v': puts("authd " AUTHD_VERSION); exit(0);
		default: return ST_INVALID;
		}
	}
	return ret->config && optind == argc ? ST_OK : ST_INVALID;
}

/* ---- opening, from the lowest floor up ------------------------------------------------------ */

static status open_cache(struct authd *d, struct error *e)
{
	const char *url = d->conf->cache;
	const char *dir = layout_cache(d->conf, &d->arena);
	if (dir && strcmp(url, "embedded") == 0) {
		url = (const char *)arena_format(&d->arena, "embedded:%s", dir).p;
		if (mkdir(dir, 0700) != 0 && errno != EEXIST)
			return error_set(e, ST_IO, "%s: %s", dir, strerror(errno));
	}
	if (!dir || !url)
		return ST_NOMEM;
	struct cache_options options = { .url = url, .deadline_ms = d->conf->cache_deadline_ms,
					 .settle_s = d->conf->keys.settle_s };
	return cache_open(&options, d->issuer.keys, d->issuer.records, &d->issuer.cache, e);
}

static status open_stores(struct authd *d, struct error *e)
{
	const struct conf *c = d->conf;
	struct keys_options keys = { .dir = c->keys_dir,
		                     .kek_file = c->kek_file,
		                     .data_dir = c->data_dir };
	struct audit_guard guard;
	struct records_options records = { .dir = layout_records(c, &d->arena), .guard = &guard };
	if (!records.dir)
		return ST_NOMEM;
	TRY(keys_open(&keys, &d->issuer.keys, e));
	guard = audit_guard_of(d->issuer.keys);
	TRY(records_open(&records, &d->issuer.records, e));
	TRY(open_cache(d, e));
	TRY(own_tokens_new(c, d->issuer.keys, &d->issuer.own_tokens));
	TRY(pool_new((size_t)c->password.threads, (size_t)c->password.queue, &d->issuer.hashing));
	TRY(documents_new(&d->issuer.documents));
	TRY(fetching_new(&d->issuer, &d->issuer.fetching));
	const char *lists = layout_status_lists(c, &d->arena);
	if (!lists)
		return ST_NOMEM;
	TRY(status_lists_new(&d->issuer, lists, time(NULL), &d->issuer.status_lists, e));
	TRY(status_lists_start(d->issuer.status_lists));
	TRY(outbox_new(&d->issuer, &d->issuer.outbox));
	TRY(outbox_start(d->issuer.outbox));
	TRY(secret_rotation_new(&d->issuer, &d->issuer.secret_rotation));
	return secret_rotation_start(d->issuer.secret_rotation);
}

static status begin_audit(struct authd *d, struct error *e)
{
	const char *broken = NULL;
	TRY(audit_begin(&d->issuer, time(NULL), &d->arena, &broken, e));
	d->audited = true;
	if (broken)
		log_event(d->log, LOG_LEVEL_ERROR, "audit_broken", log_text("reason", slice_str(broken)));
	return ST_OK;
}

/* The last that is written: when nothing more can happen. */
static void end_audit(struct authd *d)
{
	struct error e = { 0 };
	status s = audit_end(&d->issuer, time(NULL), &e);
	if (s != ST_OK)
		log_event(d->log, LOG_LEVEL_ERROR, "audit_not_signed", log_text("status", slice_str(status_name(s))),
			  log_text("reason", slice_str(e.message)));
}

/* A host of its own, if mtls.url has one: browsers at the issuer's are not asked. */
static const char *certificate_host(const struct conf *c, struct arena *a)
{
	if (!c->mtls.url)
		return NULL;
	struct slice mtls = redirect_uri_host(slice_str(c->mtls.url));
	return slice_equal(mtls, redirect_uri_host(slice_str(c->issuer))) ? "" : arena_string(a, mtls);
}

static status start_server(struct authd *d, struct error *e)
{
	const struct conf *c = d->conf;
	struct server_options options = {
		.issuer = &d->issuer,
		.log = d->log,
		.routes = PUBLIC_ROUTES,
		.admin_routes = ADMIN_ROUTES,
		.address = c->listen.address,
		.port = c->listen.port,
		.admin_socket = c->admin.socket,
		.threads = c->listen.threads,
		.connections = c->listen.connections,
		.idle_s = c->listen.idle_s,
		.request_s = REQUEST_S,
		.certificate = c->tls.certificate,
		.key = c->tls.key,
		.trusted_proxies = c->trusted_proxies,
		.trusted_proxies_n = c->trusted_proxies_n,
		.certificate_header = c->mtls.header,
		.certificate_host = certificate_host(c, &d->arena),
		.https = slice_starts(slice_str(c->issuer), SLICE("https://")),
	};
	return server_start(&options, &d->server, e);
}

static status open_all(struct authd *d, struct error *e)
{
	enum log_level level;
	TRY(log_level_parse(d->conf->log_level, &level));
	TRY(log_new(STDERR_FILENO, level, &d->log));
	d->issuer.conf = d->conf;
	d->issuer.iss = slice_str(d->conf->issuer);
	TRY(open_stores(d, e));
	TRY(begin_audit(d, e));
	if (d->conf->mtls.client_ca)
		TRY(client_ca_new(d->conf->mtls.client_ca, &d->issuer.client_ca, e));
	return start_server(d, e);
}

static void close_all(struct authd *d)
{
	server_free(d->server);
	secret_rotation_free(d->issuer.secret_rotation);
	outbox_free(d->issuer.outbox);
	if (d->audited)
		end_audit(d);
	status_lists_free(d->issuer.status_lists);
	fetching_free(d->issuer.fetching);
	documents_free(d->issuer.documents);
	pool_free(d->issuer.hashing);
	client_ca_free(d->issuer.client_ca);
	own_tokens_free(d->issuer.own_tokens);
	cache_free(d->issuer.cache);
	records_free(d->issuer.records);
	keys_free(d->issuer.keys);
	log_free(d->log);
	arena_done(&d->arena);
}

/* ---- the process ---------------------------------------------------------------------------- */

/* Signals are taken by the main thread alone, when it waits for them; so they are blocked before
 * any other thread begins. */
static void set_up_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Each connection is a descriptor. Core dumps would hold keys. */
static void set_up_limits(void)
{
	struct rlimit files, none = { 0, 0 };
	umask(0077);
	setrlimit(RLIMIT_CORE, &none);
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static void warn(const struct authd *d)
{
	struct rlimit files;
	if (geteuid() == 0)
		log_event(
		        d->log, LOG_LEVEL_WARNING, "running_as_root",
		        log_text("reason", SLICE("a user of its own is safer; port 443 needs only "
		                                 "CAP_NET_BIND_SERVICE")));
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY &&
	    (int64_t)files.rlim_cur < d->conf->listen.connections + OTHER_FILES)
		log_event(d->log, LOG_LEVEL_WARNING, "few_file_descriptors",
		          log_number("limit", (int64_t)files.rlim_cur),
		          log_number("connections", d->conf->listen.connections));
}

/* Whoever waits for the file never reads half of it. */
static status write_port(const char *path, int port, struct arena *a, struct error *e)
{
	const char *new = (const char *)arena_format(a, "%s.new", path).p;
	FILE *f = new ? fopen(new, "we") : NULL;
	bool ok = f && fprintf(f, "%d\n", port) > 0;
	ok = f && fclose(f) == 0 && ok && rename(new, path) == 0;
	return ok ? ST_OK : error_set(e, ST_IO, "%s: %s", path, strerror(errno));
}

static void say_listening(struct authd *d)
{
	log_event(d->log, LOG_LEVEL_INFO, "listening",
	          log_text("address", slice_str(d->conf->listen.address)),
	          log_number("port", server_port(d->server)),
	          log_text("scheme", d->conf->tls.certificate ? SLICE("https") : SLICE("http")),
	          log_text("admin", slice_str(d->conf->admin.socket)),
	          log_text("issuer", d->issuer.iss), log_text("version", SLICE(AUTHD_VERSION)));
	notify("READY=1");
}

/* Until a signal asks for the end. */
static void serve(struct authd *d, const sigset_t *signals)
{
	struct upkeep upkeep;
	upkeep_init(&upkeep, &d->issuer, d->server, d->log);
	upkeep_tick(&upkeep, time(NULL));
	for (;;) {
		const struct timespec minute = { .tv_sec = TICK_S };
		int signal_number = sigtimedwait(signals, NULL, &minute);
		if (signal_number == SIGTERM || signal_number == SIGINT)
			return;
		if (signal_number == SIGHUP)
			upkeep_reload(&upkeep, time(NULL));
		else
			upkeep_tick(&upkeep, time(NULL));
	}
}

/* False if requests are still at work: then nothing may be freed. */
static bool drain(struct authd *d)
{
	atomic_store(&d->issuer.draining, true);
	notify("STOPPING=1");
	log_event(d->log, LOG_LEVEL_INFO, "stopping",
	          log_number("lines_dropped", (int64_t)log_dropped(d->log)));
	if (server_drain(d->server, DRAIN_MS) == ST_OK)
		return true;
	log_event(d->log, LOG_LEVEL_ERROR, "stopped_with_requests_at_work",
	          log_number("waited_ms", DRAIN_MS));
	return false;
}

static int run(struct authd *d, const struct arguments *arguments, const sigset_t *signals)
{
	struct error e = { 0 };
	status s = open_all(d, &e);
	if (s == ST_OK && arguments->port_file)
		s = write_port(arguments->port_file, server_port(d->server), &d->arena, &e);
	if (s != ST_OK) {
		fprintf(stderr, "authd: cannot start: %s%s\n",
		        e.message[0] ? e.message : status_name(s),
		        s == ST_NOT_FOUND ? "; `authctl init` makes a new deployment" : "");
		return EXIT_CANNOT;
	}
	warn(d);
	say_listening(d);
	serve(d, signals);
	if (drain(d))
		return 0;
	log_free(d->log);
	_exit(EXIT_CANNOT);
}

int main(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct authd d = { 0 };
	struct error e = { 0 };
	sigset_t signals;
	if (read_arguments(argc, argv, &arguments) != ST_OK) {
		fputs(USAGE, stderr);
		return EXIT_USAGE;
	}
	if (conf_load(arguments.config, &d.arena, &d.conf, &e) != ST_OK) {
		fprintf(stderr, "authd: %s\n", e.message);
		arena_done(&d.arena);
		return EXIT_CANNOT;
	}
	int code = 0;
	if (!arguments.check) {
		json_set_alloc_funcs(secret_alloc, secret_free); /* an operator sets passwords */
		set_up_limits();
		set_up_signals(&signals);
		code = run(&d, &arguments, &signals);
	}
	close_all(&d);
	return code;
}
