/* authctl client add */
#include "authctl/client.h"
#include "authctl/commands.h"
#include "authctl/show.h"

/* Registered here, a client is modern unless told otherwise; OIDC Registration §2 would say RS256. */
static enum exit_code put_standard(const struct ctl *c, json_t *body)
{
	static const char ALG[] = "id_token_signed_response_alg";
	if (!json_object_get(body, "client_name"))
		return ctl_fail(c, USAGE, "--name is needed: people are told who asks");
	if (json_object_get(body, ALG))
		return DONE;
	return json_object_set_new(body, ALG, json_string("ES256")) == 0 ? DONE : ctl_nomem(c);
}

static enum exit_code client_add(struct ctl *c)
{
	AUTO(json) json_t *body = NULL;
	enum exit_code code = client_read_options(c, &body);
	if (code == DONE)
		code = put_standard(c, body);
	return code == DONE ? show_call(c, "/admin/v1/clients", TAKE(body), client_print) : code;
}

const struct command CLIENT_ADD = {
	.words = "client add",
	.summary = "Register a portal, a platform, a device or a resource server",
	.help = "A portal that people sign in at needs a redirect URI: https, or http on 127.0.0.1,\n"
		"[::1] or *.localhost. A client secret is shown once.\n"
		"\n"
		"  $ authctl client add --name 省政务服务网 --state-owned \\\n"
		"        --scope \"openid profile offline_access\" \\\n"
		"        --redirect-uri https://portal.example.gov.cn/callback\n"
		"  client_id:      5a670d5c1c6f8a7e4b1f9c0e6a3d2b4f\n"
		"  client_secret:  kMYVnN4NuPKKkp...\n"
		"\n"
		"A program on people's own devices keeps no secret:\n"
		"\n"
		"  $ authctl client add --name 掌上办 --auth none --application-type native \\\n"
		"        --redirect-uri cn.gov.example.app:/callback\n"
		"\n"
		"A terminal without a browser shows a code, and people type it elsewhere:\n"
		"\n"
		"  $ authctl client add --name 大厅自助机 --auth none --grant-type device_code \\\n"
		"        --scope \"openid profile\"\n"
		"\n"
		"A counter or a call centre asks for somebody who then agrees on a phone:\n"
		"\n"
		"  $ authctl client add --name 服务热线 --grant-type ciba --scope openid\n"
		"\n"
		"A platform that calls for itself, known by its certificate, with tokens of no use\n"
		"to others:\n"
		"\n"
		"  $ authctl client add --name 数据交换平台 --grant-type client_credentials --scope exchange \\\n"
		"        --auth tls_client_auth --tls-client-auth-san-dns exchange.example.gov.cn \\\n"
		"        --tls-client-certificate-bound-access-tokens\n"
		"\n"
		"A bank's portal by FAPI 2.0, with DPoP:\n"
		"\n"
		"  $ authctl client add --name 某某银行 --profile fapi2-security --auth private_key_jwt \\\n"
		"        --jwks-uri https://bank.example/jwks.json --dpop-bound-access-tokens \\\n"
		"        --redirect-uri https://bank.example/callback\n"
		"\n"
		"Options have the names of the registered members, with - for _ and one item at a time;\n"
		"those of yes or no say yes, and no with =no.\n",
	.flags = CLIENT_FLAGS,
	.flags_n = CLIENT_FLAGS_N,
	.run = client_add,
};
