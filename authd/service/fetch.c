#include "authd/service/fetch.h"

#include "authd/service/fetch_url.h"
#include "authd/service/pool.h"
#include "authd/service/public_address.h"
#include "authd/service/turns.h"

#include <curl/curl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

enum {
	HEADER_MAX = 16 << 10,
	THREADS_PER_HOST = 4, /* one of so many may be busy with one host */
	KEPT = 16, /* handles that wait for the next request, each with the certificates it has read */
};

struct fetching {
	const struct conf *conf;
	bool http; /* to localhost, too: the issuer itself is http */
	struct pool *pool;
	struct turns *turns; /* of each host: one that is slow does not keep the others waiting */
	pthread_mutex_t lock;
	CURL *kept[KEPT];
	size_t kept_n;
};

/* ---- the pool ------------------------------------------------------------------------------- */

status fetching_new(const struct issuer *is, struct fetching **ret)
{
	AUTO(fetching) struct fetching *f = calloc(1, sizeof *f);
	if (!f || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(TAKE(f));
		return ST_NOMEM;
	}
	const struct conf *c = is->conf;
	f->conf = c;
	f->http = slice_starts(slice_str(c->issuer), SLICE("http://"));
	pthread_mutex_init(&f->lock, NULL);
	size_t threads = (size_t)c->outbound.threads, queue = (size_t)c->outbound.queue;
	size_t at_once = (threads + THREADS_PER_HOST - 1) / THREADS_PER_HOST;
	TRY(turns_new(at_once, threads + queue - at_once, &f->turns));
	TRY(pool_new(threads, queue, &f->pool));
	*ret = TAKE(f);
	return ST_OK;
}

void fetching_free(struct fetching *f)
{
	if (!f)
		return;
	pool_free(f->pool);
	turns_free(f->turns);
	while (f->kept_n)
		curl_easy_cleanup(f->kept[--f->kept_n]);
	pthread_mutex_destroy(&f->lock);
	curl_global_cleanup();
	free(f);
}

static CURL *take_handle(struct fetching *f)
{
	pthread_mutex_lock(&f->lock);
	CURL *c = f->kept_n ? f->kept[--f->kept_n] : NULL;
	pthread_mutex_unlock(&f->lock);
	return c ? c : curl_easy_init();
}

static void keep_handle(struct fetching *f, CURL *c)
{
	curl_easy_reset(c); /* it forgets the request, and keeps the certificates and TLS sessions */
	pthread_mutex_lock(&f->lock);
	bool kept = f->kept_n < KEPT;
	if (kept)
		f->kept[f->kept_n++] = c;
	pthread_mutex_unlock(&f->lock);
	if (!kept)
		curl_easy_cleanup(c);
}

/* ---- one request ---------------------------------------------------------------------------- */

struct call {
	struct fetching *with;
	struct fetch *f;
	struct arena *a;
	int64_t ends_at_ms; /* of the monotonic clock */
	struct op *op, worked; /* the caller's, and the pool's */
	struct turn turn;
	/* while it is made */
	CURL *curl;
	struct curl_slist *headers, *to;
	struct buf body;
	size_t header_n;
	bool too_large, forbidden;
	char why[CURL_ERROR_SIZE];
};

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static status end(struct call *c, status s, const char *why)
{
	c->f->ret_reason = arena_format(c->a, "%.*s: %s", SLICE_FMT(c->f->url), why);
	return s;
}

/* Printable, so that no field begins another one; spaces only within field values. */
static bool is_printable(struct slice s, uint8_t from)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < from || s.p[i] > 0x7e)
			return false;
	return true;
}

static bool is_url_text(struct slice url)
{
	return url.n && url.n <= FETCH_URL_MAX && is_printable(url, 0x21);
}

bool fetch_may(const struct issuer *is, struct slice url)
{
	AUTO_ARENA struct arena a = { 0 };
	char *text = is_url_text(url) ? arena_string(&a, url) : NULL, *host = NULL;
	bool may = text && !fetch_url_read(text, is->fetching->http, &host);
	curl_free(host);
	return may;
}

/* libc does not resolve such names everywhere: say where they are (RFC 6761 §6.3). */
static bool point_to_loopback(struct call *c, const char *host)
{
	if (!fetch_url_is_local(host))
		return true;
	char override[300];
	snprintf(override, sizeof override, "%.250s::127.0.0.1:", host);
	c->to = curl_slist_append(NULL, override);
	return c->to;
}

/* ---- what libcurl asks ---------------------------------------------------------------------- */

/* The address is what connect() gets: no later answer of a name server comes between. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)purpose;
	struct call *c = context;
	const struct conf *conf = c->with->conf;
	if (!address_is_public(&address->addr) &&
	    !address_is_within(&address->addr, conf->outbound.allow, conf->outbound.allow_n)) {
		c->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_body(char *bytes, size_t size, size_t n, void *context)
{
	struct call *c = context;
	c->too_large = n * size > c->body.limit - c->body.n;
	if (c->too_large)
		return 0;
	buf_put(&c->body, slice_of(bytes, n * size));
	return c->body.failed ? 0 : n * size;
}

static size_t count_header(char *bytes, size_t size, size_t n, void *context)
{
	(void)bytes;
	struct call *c = context;
	c->header_n += n * size;
	c->too_large = c->header_n > HEADER_MAX;
	return c->too_large ? 0 : n * size;
}

/* ---- set up, perform, read ------------------------------------------------------------------ */

static bool add_header(struct call *c, const char *name, struct slice value)
{
	if (!value.p)
		return true;
	struct slice line = arena_format(c->a, "%s: %.*s", name, SLICE_FMT(value));
	struct curl_slist *longer = line.p ? curl_slist_append(c->headers, (const char *)line.p) : NULL;
	if (longer)
		c->headers = longer;
	return longer;
}

static bool add_headers(struct call *c)
{
	const struct fetch *f = c->f;
	bool added = add_header(c, "Accept", f->accept.p ? f->accept : SLICE("*/*")) &&
		     add_header(c, "Authorization", f->authorization);
	if (!f->body.p)
		return added;
	struct slice type = f->content_type.p ? f->content_type : SLICE("application/octet-stream");
	struct curl_slist *longer = curl_slist_append(c->headers, "Expect:"); /* no 100-continue */
	if (longer)
		c->headers = longer;
	return added && longer && add_header(c, "Content-Type", type);
}

static void set_limits(struct call *c, int64_t left_ms)
{
	CURL *h = c->curl;
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, c->with->http ? "https,http" : "https");
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(h, CURLOPT_PROXY, ""); /* nor from the environment */
	curl_easy_setopt(h, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(h, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)left_ms);
	curl_easy_setopt(h, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a name server beyond that */
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L);
	if (c->with->conf->outbound.ca_file) {
		curl_easy_setopt(h, CURLOPT_CAINFO, c->with->conf->outbound.ca_file);
		curl_easy_setopt(h, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, c);
}

static void set_request(struct call *c, const char *url)
{
	CURL *h = c->curl;
	const struct fetch *f = c->f;
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_USERAGENT, "authd");
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(h, CURLOPT_CONNECT_TO, c->to);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, c->why);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, count_header);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, c);
	if (!f->body.p)
		return;
	curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body.n);
	curl_easy_setopt(h, CURLOPT_POSTFIELDS, f->body.p);
}

/* RFC 9111 §5.2.2: no-store and no-cache leave it fresh for no time. */
static int64_t max_age(CURL *h)
{
	struct curl_header *header;
	if (curl_easy_header(h, "Cache-Control", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return -1;
	if (strcasestr(header->value, "no-store") || strcasestr(header->value, "no-cache"))
		return 0;
	const char *at = strcasestr(header->value, "max-age=");
	long long seconds = at ? strtoll(at + sizeof "max-age=" - 1, NULL, 10) : -1;
	return seconds >= 0 ? seconds : -1;
}

static status read_answer(struct call *c)
{
	struct fetch *f = c->f;
	long http_status = 0;
	const char *type = NULL;
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &http_status);
	curl_easy_getinfo(c->curl, CURLINFO_CONTENT_TYPE, &type);
	struct slice body = arena_copy(c->a, buf_slice(&c->body));
	struct slice content_type = type ? arena_copy(c->a, slice_str(type)) : NO_SLICE;
	if (!body.p || (type && !content_type.p))
		return ST_NOMEM;
	f->ret_status = (int)http_status;
	f->ret_body = body;
	f->ret_content_type = content_type;
	f->ret_max_age_s = max_age(c->curl);
	return ST_OK;
}

static status perform(struct call *c)
{
	CURLcode code = curl_easy_perform(c->curl);
	if (code == CURLE_OK)
		return read_answer(c);
	if (c->body.failed || code == CURLE_OUT_OF_MEMORY)
		return ST_NOMEM;
	if (c->too_large)
		return end(c, ST_TOO_LARGE, "the answer is too large");
	if (c->forbidden && code == CURLE_COULDNT_CONNECT)
		return end(c, ST_FORBIDDEN, "its address is not public, nor in outbound.allow");
	return end(c, ST_UNAVAILABLE, *c->why ? c->why : curl_easy_strerror(code));
}

static status make(struct call *c)
{
	const struct fetch *f = c->f;
	int64_t left_ms = c->ends_at_ms - now_ms();
	if (!is_url_text(f->url) || !is_printable(f->accept, 0x20) ||
	    !is_printable(f->authorization, 0x20) || !is_printable(f->content_type, 0x20))
		return ST_INVALID;
	if (left_ms <= 0)
		return end(c, ST_UNAVAILABLE, "it has waited too long for its turn");
	char *url = arena_string(c->a, f->url), *host = NULL;
	if (!url)
		return ST_NOMEM;
	const char *fault = fetch_url_read(url, c->with->http, &host);
	if (fault)
		return end(c, ST_INVALID, fault);
	bool ready = point_to_loopback(c, host) && add_headers(c);
	curl_free(host);
	c->curl = ready ? take_handle(c->with) : NULL;
	if (!c->curl)
		return ST_NOMEM;
	size_t most = f->body_max && f->body_max < FETCH_BODY_MAX ? f->body_max : FETCH_BODY_MAX;
	c->body.limit = most;
	set_limits(c, left_ms);
	set_request(c, url);
	return perform(c);
}

static status run(void *context)
{
	struct call *c = context;
	status s = make(c);
	if (c->curl)
		keep_handle(c->with, c->curl);
	curl_slist_free_all(c->headers);
	curl_slist_free_all(c->to);
	buf_done(&c->body);
	return s;
}

static struct call begin(struct issuer *is, struct fetch *f, struct arena *a)
{
	int64_t most = is->conf->outbound.deadline_ms;
	int64_t ms = f->deadline_ms > 0 && f->deadline_ms < most ? f->deadline_ms : most;
	f->ret_max_age_s = -1;
	return (struct call){ .with = is->fetching, .f = f, .a = a, .ends_at_ms = now_ms() + ms };
}

status fetch_now(struct issuer *is, struct fetch *f, struct arena *a)
{
	struct call c = begin(is, f, a);
	return run(&c);
}

/* The next one's turn comes before the caller hears of this one, and takes its memory back. */
static void ended(struct op *op)
{
	struct call *c = CONTAINER_OF(op, struct call, worked);
	struct turn *next = turn_end(c->with->turns, &c->turn);
	if (next) {
		struct call *other = CONTAINER_OF(next, struct call, turn);
		pool_submit(c->with->pool, run, other, &other->worked);
	}
	op_complete(c->op, c->worked.status);
}

/* What is no URL has its turn, too, and hears so then. */
static enum turn_answer take_turn(struct call *c)
{
	char *url = arena_string(c->a, c->f->url), *host = NULL;
	if (url)
		(void)fetch_url_read(url, c->with->http, &host);
	enum turn_answer answer = turn_take(c->with->turns, slice_str(host), &c->turn);
	curl_free(host);
	return answer;
}

void fetch_submit(struct issuer *is, struct fetch *f, struct arena *a, struct op *op)
{
	struct call *c = arena_new(a, struct call);
	if (!c) {
		op_complete(op, ST_NOMEM);
		return;
	}
	*c = begin(is, f, a);
	c->op = op;
	c->worked.done = ended;
	switch (take_turn(c)) {
	case TURN_NOW: pool_submit(is->fetching->pool, run, c, &c->worked); return;
	case TURN_LATER: return;
	case TURN_NEVER: op_complete(op, ST_BUSY); return;
	}
}
