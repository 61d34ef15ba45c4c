/* authd's admin interface: HTTP over a unix socket. authd knows the operator by the socket's peer. */
#include "authctl/ctl.h"

#include "libauth/base/secret.h"

#include <curl/curl.h>

enum { ANSWER_MAX = 64 << 20 };

static size_t receive(char *bytes, size_t size, size_t n, void *context)
{
	struct buf *answer = context;
	buf_put(answer, slice_of(bytes, size * n));
	return answer->failed ? 0 : size * n;
}

static CURL *connection(struct ctl *c)
{
	CURL *curl = c->curl;
	if (!curl)
		curl = c->curl = curl_easy_init();
	if (!curl)
		return NULL;
	curl_easy_reset(curl); /* which keeps the connection open */
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
	return curl;
}

static enum exit_code unreachable(const struct ctl *c, const char *socket, CURLcode code)
{
	if (code == CURLE_COULDNT_CONNECT)
		return ctl_fail(c, UNREACHABLE,
				"authd cannot be reached at %s: is it running, and may you use the socket?",
				socket);
	return ctl_fail(c, UNREACHABLE, "authd broke the connection off (%s): whether this was done is "
			"not known", curl_easy_strerror(code));
}

/* What authd says in an error, or what HTTP says. */
static enum exit_code refused(const struct ctl *c, long http, const json_t *answer)
{
	const char *why = json_string_value(json_object_get(answer, "error_description"));
	if (http == 503)
		return ctl_fail(c, UNREACHABLE, "authd cannot do this now (%s); try again",
				why ? why : "503");
	if (why)
		return ctl_fail(c, REFUSED, "%s", why);
	return ctl_fail(c, REFUSED, "authd answered with status %ld", http);
}

static enum exit_code send_request(struct ctl *c, const char *path, const char *body,
				   struct buf *answer, long *ret_http)
{
	const struct conf *conf = ctl_conf(c);
	if (!conf)
		return REFUSED;
	CURL *curl = connection(c);
	AUTO_ARENA struct arena a = { 0 };
	struct slice url = arena_format(&a, "http://authd%s", path);
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	headers = headers ? curl_slist_append(headers, "Expect:") : NULL;
	if (!curl || !url.p || !headers)
		return ctl_nomem(c);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, conf->admin.socket);
	curl_easy_setopt(curl, CURLOPT_URL, (const char *)url.p);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	if (body) {
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	}
	CURLcode code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_http);
	curl_slist_free_all(headers);
	return code == CURLE_OK ? DONE : unreachable(c, conf->admin.socket, code);
}

static bool is_conflict(long http, const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	return http == 409 && error && strcmp(error, "conflict") == 0;
}

enum exit_code ctl_try(struct ctl *c, const char *path, const char *body, json_t **ret,
		       bool *ret_conflict)
{
	AUTO_BUF struct buf answer = { .limit = ANSWER_MAX };
	long http = 0;
	enum exit_code code = send_request(c, path, body, &answer, &http);
	if (code != DONE)
		return code;
	AUTO(json) json_t *json =
		json_loadb((const char *)answer.p, answer.n, JSON_REJECT_DUPLICATES, NULL);
	if (ret_conflict && is_conflict(http, json)) {
		*ret_conflict = true;
		return REFUSED;
	}
	if (http < 200 || http > 299)
		return refused(c, http, json);
	if (!json)
		return ctl_fail(c, REFUSED, "authd's answer cannot be read");
	*ret = TAKE(json);
	return DONE;
}

enum exit_code ctl_call(struct ctl *c, const char *path, json_t *body, json_t **ret)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	bool good = !body || text;
	json_decref(body);
	enum exit_code code = good ? ctl_try(c, path, text, ret, NULL) : ctl_nomem(c);
	if (text)
		secret_wipe(text, strlen(text)); /* it may hold a password */
	free(text);
	return code;
}
