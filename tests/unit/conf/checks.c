/* What must hold between settings, and where files and directories may lie. */
#include "fixture.h"

#include "libauth/base/mem.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- what must hold between values ---------------------------------------------------------- */

static void issuers(void **)
{
	static const char *const right[] = {
	        "https://id.example",       "https://id.example.gov.cn:8443",
	        "https://id.example/a/b~c", "http://localhost",
	        "http://localhost:8080",    "http://id.localhost:1/x",
	        "https://127.0.0.1:8443",   "https://[::1]:8443",
	};
	for (size_t i = 0; i < COUNT_OF(right); i++) {
		char text[128];
		snprintf(text, sizeof text, "issuer: %s\n", right[i]);
		assert_string_equal(good(text)->issuer, right[i]);
	}
	static const struct {
		const char *issuer, *reason;
	} wrong[] = {
	        {"id.example", "it does not begin with https://"},
	        {"HTTPS://id.example", "it does not begin with https://"},
	        {"ftp://id.example", "it does not begin with https://"},
	        {"https://", "there is no host"},
	        {"https:///path", "there is no host"},
	        {"https://.example", "there is no host"},
	        {"https://id.example/", "it ends with a slash"},
	        {"https://id.example/a/", "it ends with a slash"},
	        {"https://id.example?x=1", "it has a query or a fragment"},
	        {"https://id.example/a?", "it has a query or a fragment"},
	        {"https://id.example#x", "it has a query or a fragment"},
	        {"https://ID.example",
	         "the host has capital letters; it is compared as it is written"},
	        {"https://user@id.example", "there is something else than a path behind the host"},
	        {"https://id.example:", "the port is not between 1 and 65535"},
	        {"https://id.example:0", "the port is not between 1 and 65535"},
	        {"https://id.example:65536", "the port is not between 1 and 65535"},
	        {"https://id.example:1234567", "the port is not between 1 and 65535"},
	        {"https://[::1", "there is no IPv6 address between [ and ]"},
	        {"https://[1.2.3]", "there is no IPv6 address between [ and ]"},
	        {"https://id.example//a", "its path has an empty segment, . or .."},
	        {"https://id.example/../a", "its path has an empty segment, . or .."},
	        {"https://id.example/a%2fb",
	         "its path has a character that has no place in an issuer"},
	        {"https://id.example/省",
	         "its path has a character that has no place in an issuer"},
	        {"http://id.example", "http is only for localhost and *.localhost"},
	        {"http://.localhost", "there is no host"},
	        {"http://localhost.example", "http is only for localhost and *.localhost"},
	        {"http://127.0.0.1", "http is only for localhost and *.localhost"},
	};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char text[128], message[256];
		snprintf(text, sizeof text, "log_level: info\nissuer: '%s'\n", wrong[i].issuer);
		snprintf(message, sizeof message, "authd.yaml:2: issuer: %s", wrong[i].reason);
		bad(text, message);
	}
}

static void caches(void **)
{
	static const char *const right[] = {
	        "embedded",
	        "redis://127.0.0.1:6379",
	        "redis://cache.example:6379/15",
	        "redis://[::1]:6379/0",
	        "redis+unix:///run/redis/redis.sock",
	        "redis+unix:///run/redis/redis.sock?db=3",
	};
	for (size_t i = 0; i < COUNT_OF(right); i++) {
		char text[128];
		snprintf(text, sizeof text, ISSUER "cache: %s\n", right[i]);
		assert_string_equal(good(text)->cache, right[i]);
	}
	static const struct {
		const char *cache, *reason;
	} wrong[] = {
	        {"memory",
	         "it is none of: embedded, redis://host:port/db, redis+unix:///path?db=0"},
	        {"rediss://a:1",
	         "it is none of: embedded, redis://host:port/db, redis+unix:///path?db=0"},
	        {"redis://cache", "the port is missing: redis://host:6379"},
	        {"redis://cache:0", "the port is not between 1 and 65535"},
	        {"redis://:6379", "there is no host"},
	        {"redis://:word@cache:6379", "there can be no user or password in it"},
	        {"redis://cache:6379/", "a database is given as /0 behind the port"},
	        {"redis://cache:6379/x", "a database is given as /0 behind the port"},
	        {"redis://cache:6379/01", "a database is given as /0 behind the port"},
	        {"redis://cache:6379?db=1", "a database is given as /0 behind the port"},
	        {"redis+unix://run/redis.sock",
	         "redis+unix:// is followed by the absolute path of a socket"},
	        {"redis+unix://", "redis+unix:// is followed by the absolute path of a socket"},
	        {"redis+unix:///s?db=", "a database is given as ?db=0"},
	        {"redis+unix:///s?x=1", "a database is given as ?db=0"},
	};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char text[128], message[256];
		snprintf(text, sizeof text, ISSUER "cache: '%s'\n", wrong[i].cache);
		snprintf(message, sizeof message, "authd.yaml:2: cache: %s", wrong[i].reason);
		bad(text, message);
	}
}

static void values_that_do_not_fit(void **)
{
	good(ISSUER "life: {session: 1h, session_idle: 1h, refresh: 2d, refresh_idle: 2d}\n");
	good(ISSUER "keys: {announce: 5min, active: 5min}\n");
	bad(ISSUER "tls:\n  certificate: a\n",
	    "authd.yaml:3: tls.certificate: tls.key is missing beside it");
	bad(ISSUER "tls:\n  key: a\n",
	    "authd.yaml:3: tls.key: tls.certificate is missing beside it");
	bad(ISSUER "life: {session: 10min}\n",
	    "authd.yaml: life.session_idle: it is longer than life.session");
	bad(ISSUER "life: {session_idle: 13h}\n",
	    "authd.yaml:2: life.session_idle: it is longer than life.session");
	bad(ISSUER "life: {refresh_idle: 181d}\n",
	    "authd.yaml:2: life.refresh_idle: it is longer than life.refresh");
	bad(ISSUER "keys: {announce: 299s}\n",
	    "authd.yaml:2: keys.announce: it is shorter than life.access_token");
	bad(ISSUER "keys: {announce: 5min}\nlife: {id_token: 6min}\n",
	    "authd.yaml:2: keys.announce: it is shorter than life.id_token");
	good(ISSUER "keys: {announce: 7d, active: 14h}\n");
	bad(ISSUER "keys: {announce: 7d, active: 13h}\n",
	    "authd.yaml:2: keys.announce: it is longer than 12 times keys.active");
	good(ISSUER "keys: {announce: 180d, active: 90d, bundle: 90d}\n");
	bad(ISSUER "keys: {announce: 180d, active: 90d, bundle: 91d}\n",
	    "authd.yaml:2: keys.bundle: keys.announce is shorter than it and keys.active together");
	char text[300], message[256];
	snprintf(text, sizeof text, ISSUER "admin: {socket: /%0108d}\n", 0);
	snprintf(message, sizeof message,
	         "authd.yaml:2: admin.socket: a socket's path has at most 107 bytes");
	bad(text, message);
}

static void keys_lie_outside_the_data(void **)
{
	static const char *const inside[] = {"/srv/data",           "/srv/data/",
	                                     "/srv/data/keys",      "/srv//data/./keys",
	                                     "/srv/x/../data/keys", "../../srv/data/keys"};
	for (size_t i = 0; i < COUNT_OF(inside); i++) {
		char text[160];
		snprintf(text, sizeof text, ISSUER "data_dir: /srv/data\nkeys_dir: %s\n",
		         inside[i]);
		bad(text, "authd.yaml:3: keys_dir: it lies inside data_dir");
		snprintf(text, sizeof text, ISSUER "data_dir: /srv/data\nkek_file: %s\n",
		         inside[i]);
		bad(text, "authd.yaml:3: kek_file: it lies inside data_dir");
	}
	good(ISSUER "data_dir: /srv/data\nkeys_dir: /srv/data-keys\nkek_file: /srv/data.kek\n");
	good(ISSUER "data_dir: /srv/data\nkeys_dir: /srv\n");
	bad(ISSUER "data_dir: /\n", "authd.yaml: keys_dir: it lies inside data_dir");
}

static void a_link_does_not_hide_that(void **)
{
	char dir[] = "/tmp/conf-test-XXXXXX", text[400], path[64];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/data", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	char link[64];
	snprintf(link, sizeof link, "%s/link", dir);
	assert_int_equal(symlink("data", link), 0);
	snprintf(text, sizeof text, ISSUER "data_dir: %s/data\nkeys_dir: %s/link/not/yet/there\n",
	         dir, dir);
	struct conf *c = parse(text);
	unlink(link);
	rmdir(path);
	rmdir(dir);
	assert_null(c);
	assert_string_equal(last.message, "authd.yaml:3: keys_dir: it lies inside data_dir");
}

static void credentials_of_systemd(void **)
{
	setenv("CREDENTIALS_DIRECTORY", "/run/credentials/authd.service", 1);
	assert_string_equal(good(ISSUER)->kek_file, "/run/credentials/authd.service/kek");
	assert_string_equal(good(ISSUER "kek_file: /else\n")->kek_file, "/else");
	setenv("CREDENTIALS_DIRECTORY", "", 1);
	assert_string_equal(good(ISSUER)->kek_file, "/etc/authd/kek");
	unsetenv("CREDENTIALS_DIRECTORY");
}

/* ---- files ---------------------------------------------------------------------------------- */

static void files(void **)
{
	char dir[] = "/tmp/conf-test-XXXXXX", path[64], expected[128];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/authd.yaml", dir);
	struct conf *c = NULL;
	struct error e;
	assert_int_equal(conf_load(path, &arena, &c, &e), ST_NOT_FOUND);
	snprintf(expected, sizeof expected, "%s: No such file or directory", path);
	assert_string_equal(e.message, expected);
	assert_int_equal(conf_load(dir, &arena, &c, &e), ST_IO);

	FILE *f = fopen(path, "w");
	fputs(ISSUER, f);
	fclose(f);
	assert_int_equal(conf_load(path, &arena, &c, &e), ST_OK);
	snprintf(expected, sizeof expected, "%s/kek", dir);
	assert_string_equal(c->kek_file, expected);

	c = NULL;
	f = fopen(path, "w");
	fprintf(f, ISSUER "%70000s\n", "#");
	fclose(f);
	assert_int_equal(conf_load(path, &arena, &c, &e), ST_INVALID);
	assert_non_null(strstr(e.message, "longer than 64 KiB"));
	assert_null(c);
	unlink(path);
	rmdir(dir);
}

static void a_relative_file_has_absolute_paths(void **)
{
	char dir[] = "/tmp/conf-test-XXXXXX", before[PATH_MAX], expected[64];
	assert_non_null(mkdtemp(dir));
	assert_non_null(getcwd(before, sizeof before));
	assert_int_equal(chdir(dir), 0);
	FILE *f = fopen("a.yaml", "w");
	fputs(ISSUER "data_dir: data\n", f);
	fclose(f);
	struct conf *c = NULL;
	status s = conf_load("a.yaml", &arena, &c, NULL);
	unlink("a.yaml");
	assert_int_equal(chdir(before), 0);
	rmdir(dir);
	assert_int_equal(s, ST_OK);
	snprintf(expected, sizeof expected, "%s/data", dir);
	assert_string_equal(c->data_dir, expected);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(issuers),
		T(caches),
		T(values_that_do_not_fit),
		T(keys_lie_outside_the_data),
		T(a_link_does_not_hide_that),
		T(credentials_of_systemd),
		T(files),
		T(a_relative_file_has_absolute_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
