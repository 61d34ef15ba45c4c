#include "examples/portal/options.h"
#include "examples/portal/text.h"

#include <getopt.h>
#include <openssl/crypto.h>

static const char HELP[] =
        "portal - a sample relying portal on libauth\n"
        "\n"
        "  --name NAME --name-en NAME      what it is called, in Chinese and in English\n"
        "  --theme national|provincial     its colours\n"
        "  --listen ADDRESS:PORT           where it accepts connections, 127.0.0.1:8081\n"
        "  --base-url URL                  how browsers reach it\n"
        "  --issuer URL                    who signs people in\n"
        "  --client-id ID                  as it is registered there\n"
        "  --client-secret-file FILE       its secret; without one it is a public client\n"
        "  --audience URI                  what access tokens for its interface name; the base URL\n"
        "  --other-url URL                 another portal to go to without a second sign-in,\n"
        "  --other-name NAME --other-name-en NAME   and what that one is called\n"
        "  --port-file FILE                gets the port's number once it accepts connections\n"
        "  --show-tokens                   print tokens on a page: for learning alone\n"
        "\n"
        "Register it with the redirect URI BASE-URL/callback and the post-logout redirect URI\n"
        "BASE-URL/signed-out.\n";

enum flag {
	NAME = 256,
	NAME_EN,
	THEME,
	LISTEN,
	BASE_URL,
	ISSUER,
	CLIENT_ID,
	CLIENT_SECRET_FILE,
	AUDIENCE,
	OTHER_URL,
	OTHER_NAME,
	OTHER_NAME_EN,
	PORT_FILE,
	SHOW_TOKENS,
};

static const struct option FLAGS[] = {
        {"name", required_argument, NULL, NAME},
        {"name-en", required_argument, NULL, NAME_EN},
        {"theme", required_argument, NULL, THEME},
        {"listen", required_argument, NULL, LISTEN},
        {"base-url", required_argument, NULL, BASE_URL},
        {"issuer", required_argument, NULL, ISSUER},
        {"client-id", required_argument, NULL, CLIENT_ID},
        {"client-secret-file", required_argument, NULL, CLIENT_SECRET_FILE},
        {"audience", required_argument, NULL, AUDIENCE},
        {"other-url", required_argument, NULL, OTHER_URL},
        {"other-name", required_argument, NULL, OTHER_NAME},
        {"other-name-en", required_argument, NULL, OTHER_NAME_EN},
        {"port-file", required_argument, NULL, PORT_FILE},
        {"show-tokens", no_argument, NULL, SHOW_TOKENS},
        {"help", no_argument, NULL, 'h'},
        {0},
};

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "portal: %s: %s\n", what, why);
	return 2;
}

static int read_theme(struct options *o, const char *text)
{
	if (strcmp(text, "national") != 0 && strcmp(text, "provincial") != 0)
		return complain("--theme", "national or provincial");
	o->theme = text[0] == 'n' ? THEME_NATIONAL : THEME_PROVINCIAL;
	return 0;
}

/* ADDRESS:PORT; the text is cut at its colon. */
static int read_listen(struct options *o, char *text)
{
	char *colon = strrchr(text, ':'), *end = NULL;
	unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
	if (!colon || !colon[1] || *end || port < 1 || port > 65535)
		return complain("--listen", "an address and a port, such as 127.0.0.1:8081");
	*colon = '\0';
	o->address = text;
	o->port = (uint16_t)port;
	return 0;
}

static int read_secret(struct options *o, const char *path)
{
	char secret[512];
	FILE *file = fopen(path, "re");
	char *line = file ? fgets(secret, sizeof secret, file) : NULL;
	if (file)
		fclose(file);
	if (line)
		secret[strcspn(secret, "\r\n")] = '\0';
	o->client_secret = line && *secret ? strdup(secret) : NULL;
	OPENSSL_cleanse(secret, sizeof secret);
	return o->client_secret ? 0 : complain(path, "there is no secret to be read");
}

static int read_flag(struct options *o, enum flag flag, char *value)
{
	switch (flag) {
	case NAME: o->name.zh = value; return 0;
	case NAME_EN: o->name.en = value; return 0;
	case THEME: return read_theme(o, value);
	case LISTEN: return read_listen(o, value);
	case BASE_URL: o->base_url = value; return 0;
	case ISSUER: o->issuer = value; return 0;
	case CLIENT_ID: o->client_id = value; return 0;
	case CLIENT_SECRET_FILE: return read_secret(o, value);
	case AUDIENCE: o->audience = value; return 0;
	case OTHER_URL: o->other_url = value; return 0;
	case OTHER_NAME: o->other_name.zh = value; return 0;
	case OTHER_NAME_EN: o->other_name.en = value; return 0;
	case PORT_FILE: o->port_file = value; return 0;
	case SHOW_TOKENS: o->show_tokens = true; return 0;
	}
	return 2;
}

static bool is_url(const char *text)
{
	bool has_scheme = strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
	return has_scheme && text[strlen(text) - 1] != '/';
}

static void name_in_one_language(struct portal_name *name, const char *otherwise)
{
	if (!name->zh)
		name->zh = name->en ? name->en : otherwise;
	if (!name->en)
		name->en = name->zh;
}

static int complete(struct options *o)
{
	if (!o->issuer || !is_url(o->issuer))
		return complain("--issuer", "a URL without a slash at its end");
	if (!o->base_url || !is_url(o->base_url))
		return complain("--base-url", "a URL without a slash at its end");
	if (o->other_url && !is_url(o->other_url))
		return complain("--other-url", "a URL without a slash at its end");
	if (!o->client_id)
		return complain("--client-id", "is missing");
	if (!o->audience)
		o->audience = o->base_url;
	name_in_one_language(&o->name, "示例门户");
	name_in_one_language(&o->other_name, o->other_url ? o->other_url : "");
	return 0;
}

int options_read(int argc, char **argv, struct options *ret)
{
	struct options o = {.address = "127.0.0.1", .port = 8081};
	int flag, failed = 0;
	while (!failed && (flag = getopt_long(argc, argv, "", FLAGS, NULL)) != -1) {
		if (flag == 'h')
			return fputs(HELP, stdout), -1;
		failed = flag == '?' ? 2 : read_flag(&o, (enum flag)flag, optarg);
	}
	if (!failed && optind < argc)
		failed = complain(argv[optind], "is no option");
	if (!failed)
		failed = complete(&o);
	if (failed)
		options_done(&o);
	else
		*ret = o;
	return failed;
}

void options_done(struct options *o)
{
	if (o->client_secret)
		OPENSSL_cleanse((char *)o->client_secret, strlen(o->client_secret));
	free((char *)o->client_secret);
	o->client_secret = NULL;
}
