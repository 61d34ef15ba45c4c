/* Names as text against names of certificates (RFC 4514), each way to be another one. */
#include "authd/service/distinguished_name.h"

#include "libauth/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

DEFINE_AUTO(name, X509_NAME *, X509_NAME_free)

static void add(X509_NAME *name, const char *type, const char *value, int set)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const unsigned char *)value,
						    -1, -1, set),
			 1);
}

/* C=CN, O="省政务服务网, 一处", OU=数据+UID=7, CN=portal, in the order of the certificate. */
static X509_NAME *portal(void)
{
	X509_NAME *name = X509_NAME_new();
	assert_non_null(name);
	add(name, "C", "CN", 0);
	add(name, "O", "省政务服务网, 一处", 0);
	add(name, "OU", "数据", 0);
	add(name, "UID", "7", -1);
	add(name, "CN", "portal", 0);
	return name;
}

static void texts_that_name_it(void **state)
{
	(void)state;
	AUTO(name) X509_NAME *name = portal();
	static const char *const same[] = {
		"CN=portal,UID=7+OU=数据,O=省政务服务网\\, 一处,C=CN",
		"cn = portal, uid=7 + OU=数据, O=省政务服务网\\, 一处, C=CN",
		"2.5.4.3=portal,UID=7+OU=数据,O=省政务服务网\\2C 一处,C=CN",
		"commonName=po\\72tal,UID=7+OU=\\E6\\95\\B0据,O=省政务服务网\\,\\ 一处,C=CN",
	};
	for (size_t i = 0; i < COUNT_OF(same); i++) {
		assert_int_equal(distinguished_name_check(slice_str(same[i])), ST_OK);
		if (!distinguished_name_is(slice_str(same[i]), name))
			fail_msg("%s", same[i]);
	}
}

static void texts_that_name_another(void **state)
{
	(void)state;
	AUTO(name) X509_NAME *name = portal();
	static const char *const other[] = {
		"",
		"CN=portal",
		"UID=7+OU=数据,O=省政务服务网\\, 一处,C=CN",
		"CN=portal,UID=7+OU=数据,O=省政务服务网\\, 一处",
		"CN=portal,UID=7+OU=数据,O=省政务服务网\\, 一处,C=CN,CN=x",
		"C=CN,O=省政务服务网\\, 一处,OU=数据+UID=7,CN=portal",
		"CN=portal,UID=7,OU=数据,O=省政务服务网\\, 一处,C=CN",
		"CN=portal+UID=7+OU=数据,O=省政务服务网\\, 一处,C=CN",
		"CN=Portal,UID=7+OU=数据,O=省政务服务网\\, 一处,C=CN",
		"OU=portal,UID=7+OU=数据,O=省政务服务网\\, 一处,C=CN",
		"CN=portal\\20,UID=7+OU=数据,O=省政务服务网\\, 一处,C=CN",
	};
	for (size_t i = 0; i < COUNT_OF(other); i++)
		assert_false(distinguished_name_is(slice_str(other[i]), name));
}

static void texts_that_are_none(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",      "CN",          "CN=",     "=x",      ",CN=x",   "CN=x,", "CN=x+",       "XYZ=x",
		"CN=\\", "CN=\\z",      "CN=\\C",  "CN=\"x\"", "CN=x;O=y", "CN=#04", "CN=x,,O=y", "CN=\xff",
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(distinguished_name_check(slice_str(bad[i])), ST_INVALID);
	assert_int_equal(distinguished_name_check(slice_of("CN=x\0", 5)), ST_INVALID);
	assert_int_equal(distinguished_name_check(SLICE("CN=a\\,b\\+c\\=,O=d")), ST_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_that_name_it),
		cmocka_unit_test(texts_that_name_another),
		cmocka_unit_test(texts_that_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
