#include "libauth/refresh/fetch.h"

#include <curl/curl.h>
#include <strings.h>

DEFINE_AUTO(url, CURLU *, curl_url_cleanup)
DEFINE_AUTO(list, struct curl_slist *, curl_slist_free_all)

struct fetcher {
	CURL *curl;
	char *ca_file;
	long timeout_ms;
};

struct fetcher *fetcher_new(const char *ca_file, int64_t timeout_ms)
{
	AUTO(fetcher) struct fetcher *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	f->curl = curl_easy_init();
	f->ca_file = ca_file ? strdup(ca_file) : NULL;
	f->timeout_ms = (long)timeout_ms;
	return f->curl && (f->ca_file || !ca_file) ? TAKE(f) : NULL;
}

void fetcher_free(struct fetcher *f)
{
	if (!f)
		return;
	curl_easy_cleanup(f->curl);
	free(f->ca_file);
	free(f);
}

void fetched_done(struct fetched *f) { buf_done(&f->body); }

/* ---- where to ------------------------------------------------------------------------------- */

static bool is_localhost(const char *host)
{
	static const char SUFFIX[] = ".localhost";
	size_t n = strlen(host), suffix = sizeof SUFFIX - 1;
	return !strcasecmp(host, "localhost") || (n > suffix && !strcasecmp(host + n - suffix, SUFFIX));
}

/* The host of a URL, to be freed with curl_free(); NULL: not to be fetched. */
static char *host_of(const char *url, bool *ret_local)
{
	AUTO(url) CURLU *parsed = curl_url();
	char *scheme = NULL, *host = NULL;
	if (!parsed || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		return NULL;
	(void)curl_url_get(parsed, CURLUPART_HOST, &host, 0);
	*ret_local = host && is_localhost(host);
	bool fine = host && (!strcmp(scheme, "https") || (!strcmp(scheme, "http") && *ret_local));
	curl_free(scheme);
	if (fine)
		return host;
	curl_free(host);
	return NULL;
}

bool fetch_may(const char *url)
{
	bool local;
	char *host = host_of(url, &local);
	curl_free(host);
	return host;
}

/* libc does not resolve such names everywhere: say where they are. */
static struct curl_slist *loopback(const char *host)
{
	char override[300];
	snprintf(override, sizeof override, "%.250s::127.0.0.1:", host);
	return curl_slist_append(NULL, override);
}

/* ---- what comes back ------------------------------------------------------------------------ */

struct answer {
	struct fetched *fetched;
	size_t most;
	bool too_large;
	bool (*stop)(void *);
	void *context;
};

static size_t take_body(char *bytes, size_t size, size_t n, void *context)
{
	struct answer *a = context;
	a->too_large = n * size > a->most - a->fetched->body.n;
	if (a->too_large)
		return 0;
	buf_put(&a->fetched->body, slice_of(bytes, n * size));
	return a->fetched->body.failed ? 0 : n * size;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *context)
{
	static const char NAME[] = "cache-control:", DIRECTIVE[] = "max-age=";
	struct answer *a = context;
	char line[512];
	snprintf(line, sizeof line, "%.*s", (int)(n * size), bytes);
	if (strncasecmp(line, NAME, sizeof NAME - 1))
		return n * size;
	const char *at = strcasestr(line, DIRECTIVE);
	if (at)
		a->fetched->max_age_s = strtoll(at + sizeof DIRECTIVE - 1, NULL, 10);
	return n * size;
}

static int ask_whether_to_stop(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)a, (void)b, (void)c, (void)d;
	const struct answer *answer = context;
	return answer->stop(answer->context);
}

static void set_up(const struct fetcher *f, const char *url, struct curl_slist *to, struct answer *a,
		   char *why)
{
	CURL *c = f->curl;
	curl_easy_reset(c); /* connections stay */
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https,http");
	curl_easy_setopt(c, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, f->timeout_ms);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "libauth-refresh/" LIBAUTH_VERSION);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, a);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, ask_whether_to_stop);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, a);
	if (f->ca_file)
		curl_easy_setopt(c, CURLOPT_CAINFO, f->ca_file);
	if (!to)
		return;
	curl_easy_setopt(c, CURLOPT_CONNECT_TO, to);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
}

static status perform(const struct fetcher *f, const char *url, struct curl_slist *to,
		      struct answer *a, struct error *e)
{
	char why[CURL_ERROR_SIZE] = "";
	long code = 0;
	set_up(f, url, to, a, why);
	CURLcode done = curl_easy_perform(f->curl);
	if (a->too_large)
		return error_set(e, ST_TOO_LARGE, "%.150s: more than %zu bytes", url, a->most);
	if (done != CURLE_OK)
		return error_set(e, ST_UNAVAILABLE, "%.100s: %.120s", url,
				 *why ? why : curl_easy_strerror(done));
	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &code);
	if (code != 200)
		return error_set(e, ST_UNAVAILABLE, "%.150s: answers %ld", url, code);
	buf_put_byte(&a->fetched->body, '\0');
	if (a->fetched->body.failed)
		return error_set(e, ST_UNAVAILABLE, "no memory");
	a->fetched->body.n--;
	return ST_OK;
}

status fetch(struct fetcher *f, const char *url, size_t most, bool (*stop)(void *), void *context,
	     struct fetched *ret, struct error *e)
{
	bool local;
	char *host = host_of(url, &local);
	AUTO(list) struct curl_slist *to = local && host ? loopback(host) : NULL;
	curl_free(host);
	if (!host)
		return error_set(e, ST_INVALID, "%.150s: not an https URL", url);
	AUTO_FETCHED struct fetched fetched = { .max_age_s = -1 };
	struct answer a = { &fetched, most, false, stop, context };
	TRY(perform(f, url, to, &a, e));
	*ret = fetched;
	fetched = (struct fetched){ 0 };
	return ST_OK;
}
