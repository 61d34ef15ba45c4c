#include "examples/portal/http.h"
#include "examples/portal/text.h"

#include <curl/curl.h>
#include <openssl/crypto.h>

enum { ANSWER_MAX = 256 << 10 };

struct received {
	struct writer body;
	size_t n;
};

static size_t receive(char *bytes, size_t size, size_t n, void *context)
{
	struct received *r = context;
	r->n += size * n;
	return r->n > ANSWER_MAX ? 0 : fwrite(bytes, size, n, r->body.out);
}

static bool is_localhost(const char *host)
{
	size_t n = strlen(host), suffix = strlen(".localhost");
	return strcmp(host, "localhost") == 0 ||
	       (n > suffix && strcmp(host + n - suffix, ".localhost") == 0);
}

/* An override of the address, for names that libc does not resolve; NULL for all others. */
static struct curl_slist *local_address(const char *url)
{
	CURLU *parsed = curl_url();
	char *host = NULL;
	struct curl_slist *list = NULL;
	if (parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK)
		(void)curl_url_get(parsed, CURLUPART_HOST, &host, 0);
	if (host && is_localhost(host)) {
		char override[300];
		snprintf(override, sizeof override, "%s::127.0.0.1:", host);
		list = curl_slist_append(NULL, override);
	}
	curl_free(host);
	curl_url_cleanup(parsed);
	return list;
}

/* RFC 6749 §2.3.1: the id and the secret are form-encoded before they go into HTTP Basic. */
static void set_client(CURL *curl, const struct http_request *request)
{
	char *user = curl_easy_escape(curl, request->user, 0);
	char *password = curl_easy_escape(curl, request->password, 0);
	curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
	curl_easy_setopt(curl, CURLOPT_USERNAME, user);
	curl_easy_setopt(curl, CURLOPT_PASSWORD, password);
	curl_free(user);
	curl_free(password);
}

static void set_request(CURL *curl, const struct http_request *request)
{
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "portal/1");
	if (request->form)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->form);
	if (request->user)
		set_client(curl, request);
	if (request->bearer) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, request->bearer);
	}
}

/* The body's text; NULL after it has said in `ret` why there is none. */
static char *perform(CURL *curl, struct http_answer *ret)
{
	struct received received = {0};
	char why[CURL_ERROR_SIZE] = "";
	if (!writer_open(&received.body))
		return NULL;
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	CURLcode code = curl_easy_perform(curl);
	char *text = writer_close(&received.body);
	if (code == CURLE_OK) {
		long status = 0;
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		ret->status = (int)status;
		return text;
	}
	snprintf(ret->why, sizeof ret->why, "%s", *why ? why : curl_easy_strerror(code));
	free(text);
	return NULL;
}

static char *exchange(const struct http_request *request, struct http_answer *ret)
{
	CURL *curl = curl_easy_init();
	if (!curl)
		return NULL;
	struct curl_slist *address = local_address(request->url);
	char accept[100];
	snprintf(accept, sizeof accept, "Accept: %s", request->accept ? request->accept : "application/json");
	struct curl_slist *headers = curl_slist_append(NULL, accept);
	set_request(curl, request);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (address) {
		curl_easy_setopt(curl, CURLOPT_CONNECT_TO, address);
		curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	}
	char *text = perform(curl, ret);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	curl_slist_free_all(address);
	return text;
}

char *http_text(const struct http_request *request, struct http_answer *ret)
{
	*ret = (struct http_answer){.why = "out of memory"};
	return exchange(request, ret);
}

bool http_json(const struct http_request *request, struct http_answer *ret)
{
	*ret = (struct http_answer){.why = "out of memory"};
	char *text = exchange(request, ret);
	if (!text)
		return false;
	ret->json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	OPENSSL_cleanse(text, strlen(text)); /* it may hold tokens */
	free(text);
	if (json_is_object(ret->json))
		return true;
	snprintf(ret->why, sizeof ret->why, "HTTP %d without a JSON object", ret->status);
	return false;
}

void http_answer_done(struct http_answer *a)
{
	json_decref(a->json);
	a->json = NULL;
}

const char *json_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}
