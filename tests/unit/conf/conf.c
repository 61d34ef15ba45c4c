/* What a file of settings gives, and what is refused with file, line, key and reason. */
#include "fixture.h"

#include "libauth/base/mem.h"

#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- what a file gives ---------------------------------------------------------------------- */

static void defaults(void **)
{
	const struct conf *c = good(ISSUER);
	assert_string_equal(c->issuer, "https://id.example");
	assert_string_equal(c->listen.address, "127.0.0.1");
	assert_int_equal(c->listen.port, 8080);
	assert_null(c->tls.certificate);
	assert_null(c->tls.key);
	assert_int_equal(c->trusted_proxies_n, 0);
	assert_string_equal(c->data_dir, "/var/lib/authd");
	assert_string_equal(c->keys_dir, "/var/lib/authd-keys");
	assert_string_equal(c->kek_file, "/etc/authd/kek");
	assert_string_equal(c->cache, "embedded");
	assert_int_equal(c->cache_deadline_ms, 500);
	assert_int_equal(c->admin.operators_n, 0);
	assert_int_equal(c->life.code_s, 60);
	assert_int_equal(c->life.access_token_s, 300);
	assert_int_equal(c->life.id_token_s, 300);
	assert_int_equal(c->life.session_idle_s, 30 * 60);
	assert_int_equal(c->life.session_s, 12 * 3600);
	assert_int_equal(c->life.refresh_idle_s, 30 * 86400);
	assert_int_equal(c->life.refresh_s, 180 * 86400);
	assert_int_equal(c->life.refresh_grace_s, 30);
	assert_int_equal(c->password.memory_kib, 19456);
	assert_int_equal(c->password.passes, 2);
	assert_string_equal(c->log_level, "info");
}

static void all_of_it(void **)
{
	const struct conf *c =
	        good("issuer: 'http://id.localhost:8080/realm'\n"
	             "listen: {address: '::', port: 0, threads: 4, connections: 10, idle: 5}\n"
	             "tls: {certificate: tls/c.pem, key: /k.pem}\n"
	             "trusted_proxies: [10.0.0.1, '::1']\n"
	             "data_dir: ./data\nkeys_dir: ../keys\nkek_file: kek.hex\n"
	             "cache: redis://127.0.0.1:6379/2\ncache_deadline: 1s\n"
	             "admin:\n  socket: admin.sock\n  operators:\n  - {user: root, role: admin}\n"
	             "life: {code: 30, access_token: 1min, id_token: 90s, session_idle: 1h, "
	             "session: 1d,\n"
	             "       refresh_idle: 10d, refresh: 20d, refresh_grace: 0, sign_in: 2min}\n"
	             "keys: {announce: 1h, active: 2h}\n"
	             "password: {memory_kib: 8, passes: 1, threads: 3, queue: 5, min_length: 12}\n"
	             "throttle: {account_failures: 6, address_failures: 7, address_requests: 9, window: 8s}\n"
	             "outbound: {allow: [10.1.0.0/16, 192.0.2.7, 'fd00::/8'], ca_file: ca.pem, "
	             "deadline: 2s, threads: 2, queue: 3}\n"
	             "log_level: debug\n");
	assert_string_equal(c->issuer, "http://id.localhost:8080/realm");
	assert_string_equal(c->listen.address, "::");
	assert_true(c->listen.port == 0 && c->listen.threads == 4 && c->listen.connections == 10);
	assert_int_equal(c->listen.idle_s, 5);
	assert_string_equal(c->tls.certificate, "/etc/authd/tls/c.pem");
	assert_string_equal(c->tls.key, "/k.pem");
	assert_int_equal(c->trusted_proxies_n, 2);
	assert_string_equal(c->trusted_proxies[0], "10.0.0.1");
	assert_string_equal(c->trusted_proxies[1], "::1");
	assert_string_equal(c->data_dir, "/etc/authd/./data");
	assert_string_equal(c->keys_dir, "/etc/authd/../keys");
	assert_string_equal(c->kek_file, "/etc/authd/kek.hex");
	assert_string_equal(c->cache, "redis://127.0.0.1:6379/2");
	assert_int_equal(c->cache_deadline_ms, 1000);
	assert_string_equal(c->admin.socket, "/etc/authd/admin.sock");
	assert_int_equal(c->admin.operators_n, 1);
	assert_string_equal(c->admin.operators[0].user, "root");
	assert_string_equal(c->admin.operators[0].role, "admin");
	assert_int_equal(c->admin.operators[0].uid, 0);
	assert_true(c->life.code_s == 30 && c->life.access_token_s == 60 &&
	            c->life.id_token_s == 90);
	assert_true(c->life.session_idle_s == 3600 && c->life.session_s == 86400);
	assert_true(c->life.refresh_idle_s == 864000 && c->life.refresh_s == 1728000);
	assert_true(c->life.refresh_grace_s == 0 && c->life.sign_in_s == 120);
	assert_true(c->keys.announce_s == 3600 && c->keys.active_s == 7200);
	assert_true(c->password.memory_kib == 8 && c->password.passes == 1 &&
	            c->password.threads == 3);
	assert_true(c->password.queue == 5 && c->password.min_length == 12);
	assert_int_equal(c->outbound.allow_n, 3);
	assert_string_equal(c->outbound.ca_file, "/etc/authd/ca.pem");
	assert_true(c->outbound.deadline_ms == 2000 && c->outbound.queue == 3);
	assert_true(c->throttle.account_failures == 6 && c->throttle.address_failures == 7);
	assert_true(c->throttle.window_s == 8 && c->throttle.address_requests == 9);
	assert_string_equal(c->log_level, "debug");
}

static void what_is_left_empty(void **)
{
	good(ISSUER "listen:\ntls: ~\nkeys: {}\ntrusted_proxies: []\nadmin:\n  operators: []\n");
	bad("", "authd.yaml: issuer: is required and missing");
	bad("# nothing\n", "authd.yaml: issuer: is required and missing");
	bad(ISSUER "log_level:\n", "authd.yaml:2: log_level: has no value");
	bad(ISSUER "log_level: ''\n", "authd.yaml:2: log_level: is empty");
	bad(ISSUER "trusted_proxies:\n",
	    "authd.yaml:2: trusted_proxies: expected a list, found a single value");
}

/* ---- what is refused: file, line, key, reason ----------------------------------------------- */

static void syntax(void **)
{
	bad("issuer: [\n",
	    "authd.yaml:2: did not find expected node content while parsing a flow node");
	bad(ISSUER "listen:\n\tport: 1\n", "authd.yaml:3: found character that cannot start any "
	                                   "token while scanning for the next token");
	bad(ISSUER "\n\nlog_level: \xff\n", "authd.yaml:4: invalid leading UTF-8 octet");
	bad("- a\n- b\n", "authd.yaml:1: expected keys with values, found a list");
	bad("text\n", "authd.yaml:1: expected keys with values, found a single value");
	bad(ISSUER "---\n" ISSUER, "authd.yaml:2: a second document begins here");
	bad(ISSUER "log_level: *nobody\n", "authd.yaml:2: found undefined alias");
	bad(ISSUER "log_level: !!binary aW5mbw==\n",
	    "authd.yaml:2: log_level: tags (!) have no meaning here");
	bad(ISSUER "? [a]\n: b\n", "authd.yaml:2: expected the name of a setting, found a list");
	bad("issuer: \"https://id.example\\0.evil\"\n",
	    "authd.yaml:1: issuer: has a control character in it");
	bad("&a a: *a\n", "authd.yaml:1: a: unknown key");
	bad("&a listen: &b\n  port: *b\n",
	    "authd.yaml:1: listen.port: expected a number, found keys with values");
}

static void unknown_keys(void **)
{
	bad(ISSUER "isuer: x\n", "authd.yaml:2: isuer: unknown key; did you mean issuer?");
	bad(ISSUER "listen:\n  prot: 1\n",
	    "authd.yaml:3: listen.prot: unknown key; did you mean listen.port?");
	bad(ISSUER "listne: {}\n", "authd.yaml:2: listne: unknown key; did you mean listen?");
	bad(ISSUER "port: 1\n", "authd.yaml:2: port: unknown key; did you mean listen.port?");
	bad(ISSUER "life: {session_s: 1}\n",
	    "authd.yaml:2: life.session_s: unknown key; did you mean life.session?");
	bad(ISSUER "life: {active: 1d}\n",
	    "authd.yaml:2: life.active: unknown key; did you mean keys.active?");
	bad(ISSUER "quite something else: 1\n", "authd.yaml:2: quite something else: unknown key");
	bad(ISSUER "<<: {}\n", "authd.yaml:2: <<: unknown key");
	bad(ISSUER "'': 1\n", "authd.yaml:2: : unknown key");
	bad(ISSUER "\"lis\\0ten\": 1\n", "authd.yaml:2: lis?ten: unknown key");
	/* The dotted name is how messages write it, not how files do. */
	bad(ISSUER "listen.port: 1\n",
	    "authd.yaml:2: listen.port: unknown key; sections are nested, not dotted");
}

static void twice(void **)
{
	bad(ISSUER ISSUER, "authd.yaml:2: issuer: is there twice, first in line 1");
	bad(ISSUER "listen: {port: 1,\n port: 2}\n",
	    "authd.yaml:3: listen.port: is there twice, first in line 2");
	bad(ISSUER "listen: {port: 1}\nlisten: {threads: 1}\n",
	    "authd.yaml:3: listen: is there twice");
	bad(ISSUER "listen: {}\nlisten: {}\n", "authd.yaml:3: listen: is there twice");
}

static void wrong_types(void **)
{
	bad("issuer: [a]\n", "authd.yaml:1: issuer: expected a text, found a list");
	bad("issuer: {a: b}\n", "authd.yaml:1: issuer: expected a text, found keys with values");
	bad(ISSUER "listen: 5\n",
	    "authd.yaml:2: listen: expected keys with values, found a single value");
	bad(ISSUER "listen:\n  port: many\n",
	    "authd.yaml:3: listen.port: expected a number, found many");
	bad(ISSUER "listen: {port: '80'}\n",
	    "authd.yaml:2: listen.port: expected a number, found a text in quotes");
	bad(ISSUER "listen: {port: 0x50}\n",
	    "authd.yaml:2: listen.port: expected a number, found 0x50");
	bad(ISSUER "listen: {port: 080}\n",
	    "authd.yaml:2: listen.port: expected a number, found 080");
	bad(ISSUER "listen: {port: 8.5}\n",
	    "authd.yaml:2: listen.port: expected a number, found 8.5");
	bad(ISSUER "listen: {port: [8]}\n",
	    "authd.yaml:2: listen.port: expected a number, found a list");
	bad(ISSUER "trusted_proxies: 10.0.0.1\n",
	    "authd.yaml:2: trusted_proxies: expected a list, found a single value");
	bad(ISSUER "trusted_proxies: [[]]\n",
	    "authd.yaml:2: trusted_proxies: expected an address, found a list");
}

static void impossible_values(void **)
{
	bad(ISSUER "listen: {port: 70000}\n",
	    "authd.yaml:2: listen.port: 70000 is not between 0 and 65535");
	bad(ISSUER "listen: {port: -1}\n",
	    "authd.yaml:2: listen.port: -1 is not between 0 and 65535");
	bad(ISSUER "listen: {port: 99999999999999999999}\n",
	    "authd.yaml:2: listen.port: expected a number, found 99999999999999999999");
	bad(ISSUER "listen: {address: localhost}\n",
	    "authd.yaml:2: listen.address: localhost is not an IPv4 or IPv6 address");
	bad(ISSUER "trusted_proxies:\n- 10.0.0.1\n- 10.0.0.0/8\n",
	    "authd.yaml:4: trusted_proxies: 10.0.0.0/8 is not an IPv4 or IPv6 address");
	bad(ISSUER "log_level: loud\n",
	    "authd.yaml:2: log_level: loud is none of: debug, info, warning, error");
	bad(ISSUER "log_level: 一二三四五六七八九十一二三四五六七八九十\n",
	    "authd.yaml:2: log_level: 一二三四五六七八九十一二三... is none of: debug, info, "
	    "warning, error");
}

static void durations(void **)
{
	assert_int_equal(good(ISSUER "life: {session: 1d}\n")->life.session_s, 86400);
	assert_int_equal(good(ISSUER "life: {session: 7200}\n")->life.session_s, 7200);
	assert_int_equal(good(ISSUER "life: {code: 2000ms}\n")->life.code_s, 2);
	assert_int_equal(good(ISSUER "cache_deadline: 250ms\n")->cache_deadline_ms, 250);
	assert_int_equal(good(ISSUER "cache_deadline: 2\n")->cache_deadline_ms, 2000);
	bad(ISSUER "life: {code: 61s}\n",
	    "authd.yaml:2: life.code: 61s is not between 1s and 1min");
	bad(ISSUER "life: {code: 0}\n", "authd.yaml:2: life.code: 0 is not between 1s and 1min");
	bad(ISSUER "life: {code: 1500ms}\n",
	    "authd.yaml:2: life.code: 1500ms is not between 1s and 1min");
	bad(ISSUER "life: {refresh_grace: 6min}\n",
	    "authd.yaml:2: life.refresh_grace: 6min is not between 0s and 5min");
	bad(ISSUER "cache_deadline: 1min\n",
	    "authd.yaml:2: cache_deadline: 1min is not between 1ms and 10s");
	bad(ISSUER "life: {refresh: 999999999999999d}\n",
	    "authd.yaml:2: life.refresh: 999999999999999d is not between 1s and 3650d");
	static const char *const wrong[] = {"5m",   "5 min",    "-5s", "5.5h", "s",
	                                    "five", "5minutes", "05s", "5S"};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char text[80], message[160];
		snprintf(text, sizeof text, ISSUER "life: {session: %s}\n", wrong[i]);
		snprintf(message, sizeof message,
		         "authd.yaml:2: life.session: expected a duration such as 90s, 5min, 12h "
		         "or 30d, found %s",
		         wrong[i]);
		bad(text, message);
	}
}

static void operators(void **)
{
	const struct conf *c = good(ISSUER "admin:\n  operators:\n  - user: root\n    role: admin\n"
	                                   "  - {role: auditor, user: daemon}\n");
	assert_int_equal(c->admin.operators_n, 2);
	assert_string_equal(c->admin.operators[1].role, "auditor");
	assert_int_equal(c->admin.operators[1].uid, getpwnam("daemon")->pw_uid);

	bad(ISSUER "admin:\n  operators: [root]\n",
	    "authd.yaml:3: admin.operators: expected user and role, found a single value");
	bad(ISSUER "admin:\n  operators:\n  - user: nobody-of-this-name\n    role: admin\n",
	    "authd.yaml:4: admin.operators: there is no system user nobody-of-this-name");
	bad(ISSUER "admin:\n  operators:\n  - user: root\n    role: king\n",
	    "authd.yaml:5: admin.operators.role: king is none of: admin, auditor");
	bad(ISSUER "admin:\n  operators:\n  - user: root\n",
	    "authd.yaml:4: admin.operators: role is missing");
	bad(ISSUER "admin:\n  operators:\n  - role: admin\n",
	    "authd.yaml:4: admin.operators: user is missing");
	bad(ISSUER "admin:\n  operators:\n  - {user: root, user: root, role: admin}\n",
	    "authd.yaml:4: admin.operators.user: is there twice");
	bad(ISSUER "admin:\n  operators:\n  - {user: root, rule: admin}\n",
	    "authd.yaml:4: admin.operators.rule: unknown key; an operator has user and role");
	bad(ISSUER "admin:\n  operators:\n  - {user: root, role: admin}\n  - {user: root, role: "
	           "auditor}\n",
	    "authd.yaml:5: admin.operators: the same user is there twice");
	bad(ISSUER "admin:\n  operators:\n  - {user: [root], role: admin}\n",
	    "authd.yaml:4: admin.operators.user: expected a user's name, found a list");

	char many[8192];
	size_t n = (size_t)snprintf(many, sizeof many, ISSUER "trusted_proxies:\n");
	for (int i = 0; i <= SETTING_LIST_MAX; i++)
		n += (size_t)snprintf(many + n, sizeof many - n, "- 10.0.0.%d\n", i);
	bad(many, "authd.yaml:3: trusted_proxies: has more than 64 items");
}

static void without_memory(void **)
{
	struct conf *c = NULL;
	status got = ST_NOMEM;
	for (size_t limit = 1; got != ST_OK; limit += 8) {
		AUTO_ARENA struct arena small = {.limit = limit};
		assert_null(c);
		got = conf_parse(slice_str(ISSUER "trusted_proxies: [10.0.0.1]\n"), "a", "/",
		                 &small, &c, NULL);
		assert_true(got == ST_NOMEM || (got == ST_OK && limit > sizeof *c));
	}
}

static void distances(void **)
{
	assert_int_equal(edit_distance("", ""), 0);
	assert_int_equal(edit_distance("abc", ""), 3);
	assert_int_equal(edit_distance("kitten", "sitting"), 3);
	char long_name[80];
	memset(long_name, 'x', sizeof long_name);
	long_name[79] = '\0';
	assert_true(edit_distance(long_name, "x") > 64);
	assert_true(edit_distance("x", long_name) > 64);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(defaults),
		T(all_of_it),
		T(what_is_left_empty),
		T(syntax),
		T(unknown_keys),
		T(twice),
		T(wrong_types),
		T(impossible_values),
		T(durations),
		T(operators),
		T(without_memory),
		T(distances),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
