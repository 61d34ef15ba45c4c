/* authctl exchange-policy add */
#include "authctl/commands.h"
#include "authctl/show.h"

static const struct flag FLAGS[] = {
	{ "client", FLAG_TEXT, "ID", "who may exchange" },
	{ "audience", FLAG_TEXT, "URI", "whom the new token may be meant for" },
	{ "scope", FLAG_TEXT, "WORDS", "all that the new token may have (what the client may ask for)" },
	{ "issuer", FLAG_TEXT, "URI", "whose assertions are exchanged, `iss` (this authd's own access tokens)" },
	{ "jwks", FLAG_TEXT, "FILE", "the other issuer's public keys" },
	{ "subject", FLAG_TEXT, "RULE",
	  "whom the other issuer means by `sub`: login (number or chosen name), id, or client" },
};

static enum exit_code put_jwks(struct ctl *c, json_t *body)
{
	enum { JWKS_MAX = 48 << 10 };
	const char *path = flag_text(c, "jwks");
	AUTO_BUF struct buf text = { 0 };
	if (!path)
		return DONE;
	enum exit_code code = ctl_read(c, path, JWKS_MAX, &text);
	if (code != DONE)
		return code;
	json_t *jwks = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (!jwks)
		return ctl_fail(c, REFUSED, "%s: not JSON", path);
	return json_object_set_new(body, "jwks", jwks) == 0 ? DONE : ctl_nomem(c);
}

static void print_added(const struct ctl *c, const json_t *answer)
{
	(void)c;
	printf("added  %s\n", json_string_value(json_object_get(answer, "id")));
}

static enum exit_code exchange_policy_add(struct ctl *c)
{
	if (!flag_given(c, "client") || !flag_given(c, "audience"))
		return ctl_fail(c, USAGE, "--client and --audience are needed");
	AUTO(json) json_t *body = json_pack("{s:s, s:s, s:s*, s:s*, s:s*}", "client_id", flag_text(c, "client"),
					    "audience", flag_text(c, "audience"), "scope", flag_text(c, "scope"),
					    "issuer", flag_text(c, "issuer"), "subject", flag_text(c, "subject"));
	if (!body)
		return ctl_fail(c, REFUSED, "an option's value is not UTF-8 text");
	enum exit_code code = put_jwks(c, body);
	return code == DONE ? show_call(c, "/admin/v1/exchange-policies", TAKE(body), print_added) : code;
}

const struct command EXCHANGE_POLICY_ADD = {
	.words = "exchange-policy add",
	.summary = "Allow a client to exchange tokens for others",
	.help = "Without a row for it, nothing may be exchanged. A row for access tokens of this authd lets the\n"
		"client exchange those that it got or that are meant for it (its --audience), by the grant\n"
		"type urn:ietf:params:oauth:grant-type:token-exchange; the new token ends with the old one.\n"
		"A row with --issuer lets it present assertions that the issuer's keys sign, by\n"
		"urn:ietf:params:oauth:grant-type:jwt-bearer. The client has to be registered for the grant type.\n"
		"\n"
		"  $ authctl exchange-policy add --client licences --audience https://tax.example.gov.cn\n"
		"  added  9b1f3c0d2a4e58677f0a1b2c3d4e5f60\n"
		"  $ authctl exchange-policy add --client sync --audience https://tax.example.gov.cn \\\n"
		"        --issuer https://id.province.example.gov.cn --jwks province.jwks.json --subject login\n",
	.flags = FLAGS,
	.flags_n = COUNT_OF(FLAGS),
	.run = exchange_policy_add,
};
