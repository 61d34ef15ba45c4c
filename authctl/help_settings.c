/* authd.yaml(5), from the table of settings. */
#include "authctl/commands.h"
#include "authctl/roff.h"
#include "conf/settings.h"

static const char ABOUT[] =
	"The settings of authd, in YAML.\n"
	"Only issuer is required; each of the others stands with its default where the file does not\n"
	"say otherwise. A key that does not exist, a value of the wrong kind and an impossible value are\n"
	"refused with file, line and reason. After a change:\n"
	"\n"
	"  authctl config check\n"
	"  systemctl restart authd\n"
	"\n"
	"Durations are written 500ms, 60s, 5min, 12h or 30d. Relative paths start from the file's folder.\n";

static const char EXAMPLE[] =
	"issuer: https://id.example.gov.cn\n"
	"listen:\n"
	"  address: 0.0.0.0\n"
	"  port: 443\n"
	"tls:\n"
	"  certificate: /etc/authd/tls.pem\n"
	"  key: /etc/authd/tls.key\n"
	"admin:\n"
	"  operators:\n"
	"    - user: root\n"
	"      role: admin\n";

static const struct {
	const char *section, *title; /* in the order of the table; "": what stands in none */
} TITLES[] = {
	{ "", "Outside sections" },
	{ "listen", "listen: where authd is reached" },
	{ "tls", "tls: on with both, off with neither" },
	{ "admin", "admin: who may use authctl" },
	{ "life", "life: how long things last" },
	{ "keys", "keys: how signing keys take turns" },
	{ "tokens", "tokens: how they are signed" },
	{ "audit", "audit: how the audit is signed and kept" },
	{ "password", "password: how passwords are kept" },
	{ "throttle", "throttle: how many guesses are free" },
	{ "authorization", "authorization: what requests must be" },
	{ "outbound", "outbound: requests of the issuer's own" },
	{ "registration", "registration: clients that register themselves" },
	{ "ledger", "ledger: what clients were told of people" },
	{ "levels", "levels: what each level of assurance needs" },
	{ "mtls", "mtls: clients known by their certificates" },
};

static const char *kind(const struct setting *s)
{
	switch (s->type) {
	case SETTING_TEXT: return "text";
	case SETTING_PATH: return "path";
	case SETTING_ADDRESS: return "address";
	case SETTING_WORD: return "word";
	case SETTING_NUMBER: return "number";
	case SETTING_LEVEL: return "identity/authenticator/federation";
	case SETTING_SECONDS:
	case SETTING_MILLISECONDS: return "duration";
	case SETTING_ADDRESSES: return "list of addresses";
	case SETTING_NETWORKS: return "list of networks";
	case SETTING_OPERATORS: return "list of user and role";
	}
	return "?";
}

/* A duration in the largest unit that it is whole in. */
static void put_limit(FILE *out, const struct setting *s, int64_t n)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "min" }, { 1000, "s" }, { 1, "ms" } };
	size_t k = 0;
	if (s->type == SETTING_NUMBER) {
		fprintf(out, "%lld", (long long)n);
		return;
	}
	if (s->type == SETTING_SECONDS)
		n *= 1000;
	while (n % units[k].ms != 0)
		k++;
	fprintf(out, "%lld%s", (long long)(n / units[k].ms), n ? units[k].name : "s");
}

static void put_setting(FILE *out, const struct setting *s)
{
	fputs(".It Ic ", out);
	roff_argument(out, s->key);
	fputs(" Ar ", out);
	roff_argument(out, kind(s));
	fputc('\n', out);
	roff_text(out, s->doc);
	if (s->max) {
		fputs("From ", out);
		put_limit(out, s, s->min);
		fputs(" to ", out);
		put_limit(out, s, s->max);
		fputs(".\n", out);
	}
	if (s->standard) {
		fputs("Default:\n.Li ", out);
		roff_argument(out, s->standard);
		fputc('\n', out);
	}
	if (s->required)
		fputs("Required.\n", out);
}

static bool is_in(const struct setting *s, const char *section)
{
	const char *dot = strchr(s->key, '.');
	size_t n = strlen(section);
	return dot ? (size_t)(dot - s->key) == n && strncmp(s->key, section, n) == 0 : n == 0;
}

void help_settings(FILE *out)
{
	roff_begin(out, "AUTHD.YAML", "5", "authd.yaml", "settings of authd");
	fputs(".Sh DESCRIPTION\n", out);
	roff_text(out, ABOUT);
	fputs(".Sh SETTINGS\n", out);
	for (size_t t = 0; t < COUNT_OF(TITLES); t++) {
		fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", TITLES[t].title);
		for (size_t k = 0; k < SETTINGS_N; k++)
			if (is_in(&SETTINGS[k], TITLES[t].section))
				put_setting(out, &SETTINGS[k]);
		fputs(".El\n", out);
	}
	fputs(".Sh FILES\n.Bl -tag -width Ds\n.It Pa /etc/authd/authd.yaml\n"
	      "where authd.service and authctl look for it\n"
	      ".It Pa /usr/share/doc/authd/authd.yaml\nall settings with their defaults, to copy from\n"
	      ".El\n.Sh EXAMPLES\n", out);
	roff_literal(out, EXAMPLE);
	fputs(".Sh SEE ALSO\n.Xr authctl 1 ,\n.Xr authd 8\n", out);
}
