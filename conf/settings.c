#include "conf/settings.h"

#define AT(member) .offset = offsetof(struct conf, member)
#define LIST(member) AT(member), .count_offset = offsetof(struct conf, member##_n)

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, YEAR = 365 * DAY };

static const char *const log_levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const registration_modes[] = {"off", "token", "open", NULL};
static const char *const pkce_policies[] = {"required", "optional", NULL};
static const char *const request_ways[] = {"any", "pushed", NULL};
static const char *const dpop_nonces[] = {"optional", "required", NULL};
const char *const OPERATOR_ROLES[] = {"admin", "auditor", NULL};

/* In the order of the shipped file; the keys of one section stand together. */
const struct setting SETTINGS[SETTINGS_N] = {
	{"issuer", SETTING_TEXT, AT(issuer), .required = true,
	 .doc = "The issuer's URL, exactly as tokens name it in iss; never changed once in use."},

	{"listen.address", SETTING_ADDRESS, AT(listen.address), .standard = "127.0.0.1",
	 .doc = "The address to listen on; 0.0.0.0 or \"::\" for all."},
	{"listen.port", SETTING_NUMBER, AT(listen.port), .min = 0, .max = 65535, .standard = "8080",
	 .doc = "The port; 0 takes a free one."},
	{"listen.threads", SETTING_NUMBER, AT(listen.threads), .min = 0, .max = 256,
	 .standard = "0", .doc = "Threads that serve connections; 0 is one per processor."},
	{"listen.connections", SETTING_NUMBER, AT(listen.connections), .min = 1, .max = 1000000,
	 .standard = "4096",
	 .doc = "Connections at a time; more are turned away with a 503."},
	{"listen.idle", SETTING_SECONDS, AT(listen.idle_s), .min = 1, .max = HOUR,
	 .standard = "30s", .doc = "A connection on which nothing happens is closed after this."},

	{"tls.certificate", SETTING_PATH, AT(tls.certificate),
	 .doc = "The certificate with its chain, PEM; "
	        "with tls.key, or neither where a proxy ends TLS."},
	{"tls.key", SETTING_PATH, AT(tls.key), .doc = "The certificate's private key, PEM."},
	{"trusted_proxies", SETTING_ADDRESSES, LIST(trusted_proxies), .standard = "[]",
	 .doc = "Addresses of proxies whose X-Forwarded-For is believed."},

	{"mtls.url", SETTING_TEXT, AT(mtls.url),
	 .doc = "Where clients come with a certificate: the issuer's URL, or another host, which alone "
	        "then asks for one."},
	{"mtls.client_ca", SETTING_PATH, AT(mtls.client_ca),
	 .doc = "Who may certify clients of tls_client_auth: roots and intermediates, PEM."},
	{"mtls.header", SETTING_TEXT, AT(mtls.header),
	 .doc = "The header in which trusted_proxies pass a client's certificate on: RFC 9440, or "
	        "URL-escaped PEM."},

	{"dpop_nonce", SETTING_WORD, AT(dpop_nonce), .words = dpop_nonces, .standard = "optional",
	 .doc = "Must a DPoP proof carry a nonce of this issuer: optional or required."},

	{"data_dir", SETTING_PATH, AT(data_dir), .standard = "/var/lib/authd",
	 .doc = "The folder of the records and of the embedded cache."},
	{"keys_dir", SETTING_PATH, AT(keys_dir), .standard = "/var/lib/authd-keys",
	 .doc = "The folder of the sealed keys; outside data_dir."},
	{"kek_file", SETTING_PATH, AT(kek_file), .standard = "kek",
	 .doc = "The key that seals all keys; outside data_dir. "
	        "$CREDENTIALS_DIRECTORY/kek where systemd passes one."},
	{"cache", SETTING_TEXT, AT(cache), .standard = "embedded",
	 .doc = "Sessions and codes: embedded, redis://host:port/db or redis+unix:///path?db=0."},
	{"cache_deadline", SETTING_MILLISECONDS, AT(cache_deadline_ms), .min = 1, .max = 10000,
	 .standard = "500ms", .doc = "A cache that has not answered after this is unavailable."},

	{"admin.socket", SETTING_PATH, AT(admin.socket), .standard = "/run/authd/admin.sock",
	 .doc = "The unix socket that authctl speaks to."},
	{"admin.operators", SETTING_OPERATORS, LIST(admin.operators), .standard = "[]",
	 .doc = "System users who may use it, known by their uid: role admin or auditor."},

	{"life.code", SETTING_SECONDS, AT(life.code_s), .min = 1, .max = 60, .standard = "60s",
	 .doc = "An authorization code."},
	{"life.access_token", SETTING_SECONDS, AT(life.access_token_s), .min = 1, .max = HOUR,
	 .standard = "5min", .doc = "An access token."},
	{"life.id_token", SETTING_SECONDS, AT(life.id_token_s), .min = 1, .max = HOUR,
	 .standard = "5min", .doc = "An ID token."},
	{"life.session_idle", SETTING_SECONDS, AT(life.session_idle_s), .min = 1, .max = 30 * DAY,
	 .standard = "30min", .doc = "A session that nobody uses."},
	{"life.session", SETTING_SECONDS, AT(life.session_s), .min = 1, .max = 30 * DAY,
	 .standard = "12h", .doc = "A session in all."},
	{"life.refresh_idle", SETTING_SECONDS, AT(life.refresh_idle_s), .min = 1, .max = 10 * YEAR,
	 .standard = "30d", .doc = "An offline grant that nobody uses."},
	{"life.refresh", SETTING_SECONDS, AT(life.refresh_s), .min = 1, .max = 10 * YEAR,
	 .standard = "180d", .doc = "An offline grant in all."},
	{"life.refresh_grace", SETTING_SECONDS, AT(life.refresh_grace_s), .min = 0,
	 .max = 5 * MINUTE, .standard = "30s",
	 .doc = "How long a refresh may be tried again with the token before."},
	{"life.sign_in", SETTING_SECONDS, AT(life.sign_in_s), .min = 1, .max = HOUR,
	 .standard = "10min", .doc = "How long a sign-in page may stay open."},
	{"life.pushed_request", SETTING_SECONDS, AT(life.pushed_request_s), .min = 1, .max = 600,
	 .standard = "60s", .doc = "How long a pushed authorization request waits for the browser."},

	{"authorization.requests", SETTING_WORD, AT(authorization.requests), .words = request_ways,
	 .standard = "any", .doc = "pushed: every client must use PAR (RFC 9126)."},
	{"authorization.details_types", SETTING_TEXT, AT(authorization.details_types),
	 .doc = "Types of authorization_details (RFC 9396) that clients may register "
	        "and ask for, separated by spaces."},

	{"keys.announce", SETTING_SECONDS, AT(keys.announce_s), .min = 1, .max = YEAR,
	 .standard = "7d", .doc = "A signing key is published this long before it signs."},
	{"keys.active", SETTING_SECONDS, AT(keys.active_s), .min = 1, .max = 10 * YEAR,
	 .standard = "90d", .doc = "A signing key signs this long, then the next does."},
	{"keys.bundle", SETTING_SECONDS, AT(keys.bundle_s), .min = 0, .max = YEAR, .standard = "0s",
	 .doc = "How long a trust bundle serves (docs/offline.md); keys.announce is then at least this "
	        "and keys.active together. 0: as authctl asks."},
	{"keys.settle", SETTING_SECONDS, AT(keys.settle_s), .min = 1, .max = 24 * 3600,
	 .standard = "2min",
	 .doc = "So long after a secret was rotated, every authd of this issuer has read it."},

	{"keys.algorithms", SETTING_TEXT, AT(keys.algorithms), .standard = "ES256 RS256 EdDSA PS256",
	 .doc = "The algorithms that there are signing keys of, RS256 among them: ES256, RS256, EdDSA, "
	        "PS256, SGD_SM3_SM2. Keys of one that is taken out retire."},
	{"tokens.algorithm", SETTING_TEXT, AT(tokens.algorithm), .standard = "ES256",
	 .doc = "In which of keys.algorithms access tokens and status lists are signed. An ID token's "
	        "is its client's."},

	{"audit.checkpoint", SETTING_SECONDS, AT(audit.checkpoint_s), .min = MINUTE, .max = DAY,
	 .standard = "1h", .doc = "How often the end of the audit is signed; also at start and stop."},
	{"audit.checkpoints_file", SETTING_PATH, AT(audit.checkpoints_file),
	 .doc = "Where what is signed is kept besides, outside data_dir; audit/checkpoints in keys_dir "
	        "where not set."},
	{"audit.keep", SETTING_SECONDS, AT(audit.keep_s), .min = 184 * DAY, .max = 50 * YEAR,
	 .standard = "1095d", .doc = "No entry of the audit leaves before this; then only after an export."},

	{"password.memory_kib", SETTING_NUMBER, AT(password.memory_kib), .min = 8, .max = 1048576,
	 .standard = "19456", .doc = "argon2id: memory in KiB."},
	{"password.passes", SETTING_NUMBER, AT(password.passes), .min = 1, .max = 16,
	 .standard = "2", .doc = "argon2id: passes over it."},
	{"password.threads", SETTING_NUMBER, AT(password.threads), .min = 1, .max = 256,
	 .standard = "2", .doc = "Threads that hash passwords."},
	{"password.queue", SETTING_NUMBER, AT(password.queue), .min = 1, .max = 65536,
	 .standard = "64", .doc = "Passwords that may wait for them; more are answered 503."},
	{"password.min_length", SETTING_NUMBER, AT(password.min_length), .min = 8, .max = 64,
	 .standard = "10", .doc = "The fewest characters of a new password."},

	{"throttle.account_failures", SETTING_NUMBER, AT(throttle.account_failures), .min = 1,
	 .max = 1000, .standard = "5", .doc = "Failed sign-ins of one account in a window."},
	{"throttle.address_failures", SETTING_NUMBER, AT(throttle.address_failures), .min = 1,
	 .max = 1000000, .standard = "100",
	 .doc = "Failed sign-ins from one address, of IPv6 one /64, in a window."},
	{"throttle.address_requests", SETTING_NUMBER, AT(throttle.address_requests), .min = 1,
	 .max = 100000000, .standard = "3000",
	 .doc = "Pushed and device requests of clients without a secret, from one address, in a window."},
	{"throttle.window", SETTING_SECONDS, AT(throttle.window_s), .min = 1, .max = DAY,
	 .standard = "15min", .doc = "The window."},

	{"outbound.allow", SETTING_NETWORKS, LIST(outbound.allow), .standard = "[]",
	 .doc = "Networks, as 10.1.0.0/16, that authd's own requests may reach although they are not public."},
	{"outbound.ca_file", SETTING_PATH, AT(outbound.ca_file),
	 .doc = "Certificates that servers are checked against, PEM; the system's where not set."},
	{"outbound.deadline", SETTING_MILLISECONDS, AT(outbound.deadline_ms), .min = 100, .max = 5000,
	 .standard = "5s", .doc = "An answer that is not whole after this is given up."},
	{"outbound.threads", SETTING_NUMBER, AT(outbound.threads), .min = 1, .max = 256,
	 .standard = "8", .doc = "Requests under way at a time."},
	{"outbound.queue", SETTING_NUMBER, AT(outbound.queue), .min = 1, .max = 65536,
	 .standard = "64", .doc = "Requests that may wait for them; more are not made."},
	{"registration.mode", SETTING_WORD, AT(registration.mode), .words = registration_modes,
	 .standard = "off",
	 .doc = "Who may register clients at /register: off, token (of authctl registration-token "
	        "add), or open to all."},
	{"registration.scope", SETTING_TEXT, AT(registration.scope),
	 .standard = "openid profile phone email address offline_access",
	 .doc = "All that clients registered there may ask for."},
	{"registration.claims", SETTING_TEXT, AT(registration.claims),
	 .doc = "What they may be told of people, as in authctl client add --claim; without it, nothing."},
	{"registration.pkce", SETTING_WORD, AT(registration.pkce), .words = pkce_policies,
	 .standard = "required", .doc = "Their PKCE: required, or optional where they keep a secret."},
	{"registration.statements", SETTING_PATH, AT(registration.statements),
	 .doc = "A folder of *.json, each {\"issuer\", \"jwks\"}: whose software statements count."},
	{"registration.quota", SETTING_NUMBER, AT(registration.quota), .min = 1, .max = 100000,
	 .standard = "1000", .doc = "How many clients may be registered there in all."},
	{"registration.address_attempts", SETTING_NUMBER, AT(registration.address_attempts), .min = 1,
	 .max = 1000000, .standard = "20",
	 .doc = "Registrations without a token from one address, of IPv6 one /64, in throttle.window."},

	{"ledger.keep", SETTING_SECONDS, AT(ledger.keep_s), .min = 1096 * DAY, .max = 50 * YEAR,
	 .standard = "1096d",
	 .doc = "How long it is kept which client was told what of whom; three years at least."},

	{"levels.rn2", SETTING_LEVEL, AT(levels.ladder[0]), .standard = "2/1/1",
	 .doc = "What urn:authd:acr:rn2 needs, identity/authenticator/federation (docs/levels.md)."},
	{"levels.rn3", SETTING_LEVEL, AT(levels.ladder[1]), .standard = "3/1/1",
	 .doc = "What urn:authd:acr:rn3 needs."},
	{"levels.rn4", SETTING_LEVEL, AT(levels.ladder[2]), .standard = "4/2/2",
	 .doc = "What urn:authd:acr:rn4 needs: by default two factors."},
	{"levels.rn5", SETTING_LEVEL, AT(levels.ladder[3]), .standard = "5/3/2",
	 .doc = "What urn:authd:acr:rn5 needs: by default two factors, one of them cryptographic."},
	{"levels.names", SETTING_TEXT, AT(levels.names),
	 .doc = "Other names that clients have for a level, as urn:example:high=rn4, separated by spaces."},
	{"levels.factor_age", SETTING_SECONDS, AT(levels.factor_age_s), .min = MINUTE, .max = 30 * DAY,
	 .standard = "12h", .doc = "Where a level needs several factors: how long ago each may have been shown."},
	{"levels.fresh", SETTING_SECONDS, AT(levels.fresh_s), .min = 10, .max = HOUR,
	 .standard = "5min", .doc = "The same where a person adds or removes a factor."},
	{"log_level", SETTING_WORD, AT(log_level), .words = log_levels, .standard = "info",
	 .doc = "The least that is logged: debug, info, warning or error."},
};
