/*
 * Any header and claims as a status list, signed by a known key. What is accepted has as many statuses
 * as its bytes give, none of them too great; the mutator deflates other bytes, too.
 */
#include "json_text.h"
#include "mutate.h"
#include "signed.h"

#include "libauth/base/encode.h"
#include "libauth/base/mem.h"
#include "libauth/verifier.h"

#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { PLAIN_MAX = 2 << 20, PACKED_MAX = 8192 };

static void look(const struct status_list *list)
{
	unsigned value;
	int64_t count = (int64_t)list->n * 8 / list->bits;
	if (!list->uri.n || !list->n || list->n > AUTH_STATUSES_MAX || list->issued < 0 ||
	    list->issued > SIGNED_NOW + 60 || list->expires <= SIGNED_NOW - 60)
		abort();
	if (list->bits != 1 && list->bits != 2 && list->bits != 4 && list->bits != 8)
		abort();
	for (int64_t i = 0; i < count; i += 1 + i / 64)
		if (!status_list_get(list, i, &value) || value >> list->bits)
			abort();
	if (status_list_get(list, count, &value) || status_list_get(list, -1, &value) ||
	    status_list_get(list, INT64_MAX, &value))
		abort();
}

static struct auth_verifier *make_verifier(void)
{
	struct auth_options options = AUTH_OPTIONS_INIT;
	struct auth_keyset *keys = signed_keys('a');
	struct auth_verifier *v;
	options.issuer = "https://id.example";
	options.audience = "a";
	if (auth_verifier_new(&options, &v, NULL) != AUTH_OK ||
	    auth_verifier_set_keys(v, keys) != AUTH_OK)
		abort();
	auth_keyset_free(keys);
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct auth_verifier *v = make_verifier();
	struct auth_error e = { "" };
	AUTO_BUF struct buf token = { 0 };
	signed_input(slice_of(data, n), &token);
	enum auth_status s = auth_verifier_add_list(v, (const char *)token.p, token.n, SIGNED_NOW, &e);
	const struct trust *trust = v->trust.current;
	if (s < 0 || (s == AUTH_OK) != !e.message[0] || trust->lists_n != (s == AUTH_OK))
		abort();
	if (s == AUTH_OK) {
		look(trust->lists[0]);
		if (!signed_holds(buf_slice(&token)))
			abort();
	}
	auth_verifier_free(v);
	return 0;
}

/* ---- another `lst` -------------------------------------------------------------------------- */

static bool find_lst(struct slice text, struct json_place *ret)
{
	struct json_place places[JSON_PLACES_MAX];
	size_t count = json_places(text, places);
	for (size_t i = 0; i < count; i++) {
		struct slice from_name = slice_from(text, places[i].name);
		if (!json_is_member(&places[i]) || !slice_starts(from_name, SLICE("\"lst\"")))
			continue;
		*ret = places[i];
		return true;
	}
	return false;
}

/* A run of one byte, up to a little more than what may come out, and a few random ones before it. */
static void put_deflated(uint64_t *random, struct buf *out)
{
	uint8_t packed[PACKED_MAX];
	uLongf packed_n = sizeof packed;
	uint64_t most = mutate_random(random) % 4 ? 64 : PLAIN_MAX;
	size_t n = mutate_random(random) % most;
	AUTO_MEM uint8_t *plain = malloc(n + 1);
	if (!plain)
		abort();
	memset(plain, (int)mutate_random(random) & 0xff, n);
	for (size_t i = 0; i < n && i < 16; i++)
		plain[i] = (uint8_t)mutate_random(random);
	if (compress(packed, &packed_n, plain, n) != Z_OK)
		return;
	size_t length = packed_n;
	if (!(mutate_random(random) % 2))
		length = LLVMFuzzerMutate(packed, length, sizeof packed);
	buf_put_base64url(out, slice_of(packed, length));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed)
{
	uint64_t random = seed;
	struct json_place lst;
	AUTO_BUF struct buf text = { 0 };
	if (mutate_random(&random) % 4 || !find_lst(slice_of(data, n), &lst))
		return mutate_signed(data, n, most, seed);
	buf_put(&text, slice_of(data, lst.start));
	buf_put_byte(&text, '"');
	put_deflated(&random, &text);
	buf_put_byte(&text, '"');
	buf_put(&text, slice_of(data + lst.end, n - lst.end));
	if (text.n > most)
		return n;
	memcpy(data, text.p, text.n);
	return text.n;
}
