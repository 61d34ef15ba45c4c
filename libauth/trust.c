#include "libauth/trust.h"

#include "libauth/base/mem.h"

#include <stdlib.h>
#include <unistd.h>

static struct trust *trust_new(size_t lists_n)
{
	struct trust *trust = calloc(1, sizeof *trust);
	if (!trust)
		return NULL;
	trust->lists = calloc(lists_n + 1, sizeof(struct status_list *));
	if (trust->lists)
		return trust;
	free(trust);
	return NULL;
}

struct trust *trust_copy(const struct trust *from)
{
	struct trust *trust = trust_new(from ? from->lists_n : 0);
	if (!trust || !from)
		return trust;
	trust->keys = keyset_share(from->keys);
	for (; trust->lists_n < from->lists_n; trust->lists_n++)
		trust->lists[trust->lists_n] = status_list_share(from->lists[trust->lists_n]);
	memcpy(trust->secret, from->secret, sizeof trust->secret);
	trust->has_secret = from->has_secret;
	return trust;
}

void trust_free(struct trust *trust)
{
	if (!trust)
		return;
	auth_keyset_free(trust->keys);
	for (size_t i = 0; i < trust->lists_n; i++)
		status_list_free(trust->lists[i]);
	free(trust->lists);
	free(trust);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static int compare(const struct status_list *list, struct slice uri, struct slice issuer)
{
	int order = slice_compare(list->uri, uri);
	return order ? order : slice_compare(list->issuer, issuer);
}

/* Where the list is, or would have to stand. */
static size_t place_of(const struct trust *trust, struct slice uri, struct slice issuer)
{
	size_t low = 0, high = trust->lists_n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(trust->lists[middle], uri, issuer) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct status_list *trust_find_list(const struct trust *trust, struct slice uri,
					  struct slice issuer)
{
	size_t i = place_of(trust, uri, issuer);
	bool found = i < trust->lists_n && !compare(trust->lists[i], uri, issuer);
	return found ? trust->lists[i] : NULL;
}

/* Keep the lists that a question says yes to. */
#define KEEP_LISTS(trust, list, question)                                  \
	do {                                                               \
		size_t kept_ = 0;                                          \
		for (size_t i_ = 0; i_ < (trust)->lists_n; i_++) {         \
			struct status_list *list = (trust)->lists[i_];     \
			if (question)                                      \
				(trust)->lists[kept_++] = list;            \
			else                                               \
				status_list_free(list);                    \
		}                                                          \
		(trust)->lists_n = kept_;                                  \
	} while (0)

enum auth_status trust_add_list(struct trust *trust, struct status_list *list, int64_t expired)
{
	KEEP_LISTS(trust, old, old->expires > expired);
	size_t i = place_of(trust, list->uri, list->issuer);
	bool replaces = i < trust->lists_n && !compare(trust->lists[i], list->uri, list->issuer);
	if (replaces && trust->lists[i]->issued > list->issued)
		return AUTH_OLDER;
	if (!replaces) {
		if (trust->lists_n >= AUTH_LISTS_MAX)
			return AUTH_TOO_LARGE;
		struct status_list **grown =
			realloc(trust->lists, (trust->lists_n + 1) * sizeof *grown);
		if (!grown)
			return AUTH_NOMEM;
		memmove(grown + i + 1, grown + i, (trust->lists_n - i) * sizeof *grown);
		trust->lists = grown;
		trust->lists_n++;
	} else {
		status_list_free(trust->lists[i]);
	}
	trust->lists[i] = list;
	return AUTH_OK;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static bool has_key(const struct auth_keyset *keys, const struct status_list *list)
{
	for (size_t i = 0; keys && i < keys->n; i++)
		if (slice_equal(keys->keys[i].kid, list->kid) &&
		    slice_equal(keys->keys[i].issuer, list->issuer))
			return true;
	return false;
}

void trust_set_keys(struct trust *trust, struct auth_keyset *keys)
{
	auth_keyset_free(trust->keys);
	trust->keys = keyset_share(keys);
	KEEP_LISTS(trust, list, has_key(keys, list));
	trust->has_secret = getentropy(trust->secret, sizeof trust->secret) == 0;
}
