/* outbound.allow: what is a network, and which addresses are in it. */
#include "conf/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define ISSUER "issuer: https://id.example\n"

/* Of one address family the addresses of another are never part. */
static void networks(void **)
{
	static const struct {
		const char *network;
		uint8_t address[16];
		bool has;
	} cases[] = {
	        {"10.1.0.0/16", {[10] = 0xff, 0xff, 10, 1, 255, 255}, true},
	        {"10.1.0.0/16", {[10] = 0xff, 0xff, 10, 2, 0, 0}, false},
	        {"10.1.0.0/16", {10, 1}, false},
	        {"10.1.0.4/30", {[10] = 0xff, 0xff, 10, 1, 0, 7}, true},
	        {"10.1.0.4/30", {[10] = 0xff, 0xff, 10, 1, 0, 8}, false},
	        {"192.0.2.7", {[10] = 0xff, 0xff, 192, 0, 2, 7}, true},
	        {"192.0.2.7", {[10] = 0xff, 0xff, 192, 0, 2, 6}, false},
	        {"0.0.0.0/0", {[10] = 0xff, 0xff, 1, 2, 3, 4}, true},
	        {"0.0.0.0/0", {0xfd, 1}, false},
	        {"'fd00::/8'", {0xfd, 1}, true},
	        {"'fc00::/7'", {0xfd, 1}, true},
	        {"'fc00::/7'", {0xfe, 1}, false},
	        {"'::1'", {[15] = 1}, true},
	        {"'::1'", {[15] = 2}, false},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[100];
		snprintf(text, sizeof text, ISSUER "outbound: {allow: [%s]}\n", cases[i].network);
		AUTO_ARENA struct arena a = {0};
		struct conf *c;
		struct error e;
		assert_int_equal(conf_parse(slice_str(text), "a", "/", &a, &c, &e), ST_OK);
		assert_int_equal(c->outbound.allow_n, 1);
		if (conf_network_has(c->outbound.allow, cases[i].address) != cases[i].has)
			fail_msg("%zu: %s", i, cases[i].network);
	}
}

static void bad(const char *network, const char *message)
{
	AUTO_ARENA struct arena a = {0};
	char text[100], whole[200];
	struct conf *c;
	struct error e;
	snprintf(text, sizeof text, ISSUER "outbound: {allow: [%s]}\n", network);
	snprintf(whole, sizeof whole, "authd.yaml:2: outbound.allow: %s", message);
	assert_int_equal(conf_parse(slice_str(text), "authd.yaml", "/", &a, &c, &e), ST_INVALID);
	assert_string_equal(e.message, whole);
}

static void no_networks(void **)
{
	bad("10.0.0.0/33", "10.0.0.0/33 has no prefix length of 0 to 32 behind the slash");
	bad("10.0.0.0/", "10.0.0.0/ has no prefix length of 0 to 32 behind the slash");
	bad("10.0.0.0/8x", "10.0.0.0/8x has no prefix length of 0 to 32 behind the slash");
	bad("'fd00::/129'", "fd00::/129 has no prefix length of 0 to 128 behind the slash");
	bad("'fd00::1/8'", "fd00::1/8 has bits set behind its prefix");
	bad("10.1.0.0/8", "10.1.0.0/8 has bits set behind its prefix");
	bad("intranet", "intranet is not an IPv4 or IPv6 address");
	bad("[]", "expected a network, found a list");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(networks),
	        cmocka_unit_test(no_networks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
