#include "authd/service/fetch_url.h"

#include "authd/service/public_address.h"
#include "libauth/base/mem.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

DEFINE_AUTO(url, CURLU *, curl_url_cleanup)

bool fetch_url_is_local(const char *host)
{
	static const char SUFFIX[] = ".localhost";
	size_t n = strlen(host), suffix = sizeof SUFFIX - 1;
	return !strcasecmp(host, "localhost") || (n > suffix && !strcasecmp(host + n - suffix, SUFFIX));
}

static bool has_credentials(CURLU *url)
{
	char *user = NULL, *password = NULL;
	bool has = curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK;
	has = curl_url_get(url, CURLUPART_PASSWORD, &password, 0) == CURLUE_OK || has;
	curl_free(user);
	curl_free(password);
	return has;
}

static bool has_scheme(CURLU *url, bool http)
{
	char *scheme = NULL;
	bool good = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		    (!strcmp(scheme, "https") || (!strcmp(scheme, "http") && http));
	curl_free(scheme);
	return good;
}

static bool has_port(CURLU *url, bool http)
{
	char *port = NULL;
	bool good = curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
	long number = good ? strtol(port, NULL, 10) : 0;
	curl_free(port);
	return port_is_fetched((int)number) || (number == 80 && http);
}

static const char *fault_of(CURLU *url, bool http)
{
	if (!has_scheme(url, http))
		return "not https";
	if (has_credentials(url))
		return "has credentials in it";
	return has_port(url, http) ? NULL : "its port is not one that is fetched from";
}

const char *fetch_url_read(const char *text, bool http, char **ret_host)
{
	AUTO(url) CURLU *url = curl_url();
	char *host = NULL;
	if (!url || curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return "not a URL";
	const char *fault = fault_of(url, http && fetch_url_is_local(host));
	if (fault)
		curl_free(host);
	else
		*ret_host = host;
	return fault;
}
