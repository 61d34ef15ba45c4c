/* What somebody who mistyped a key may have meant. */
#include "conf/settings.h"

#include <stdio.h>

enum { LENGTH_MAX = 64 };

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Levenshtein's, one row at a time. */
size_t edit_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), row[LENGTH_MAX + 1];
	if (n > LENGTH_MAX || m > LENGTH_MAX)
		return LENGTH_MAX + 1;
	for (size_t k = 0; k <= m; k++)
		row[k] = k;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= m; k++) {
			size_t kept = row[k];
			row[k] = least(row[k] + 1, row[k - 1] + 1,
			               diagonal + (a[i - 1] != b[k - 1]));
			diagonal = kept;
		}
	}
	return row[m];
}

static const char *leaf(const char *key)
{
	const char *dot = strrchr(key, '.');
	return dot ? dot + 1 : key;
}

/* A key under another section counts as one edit: `port` for `listen.port`. */
static size_t distance(const char *key, const char *candidate)
{
	size_t whole = edit_distance(key, candidate);
	return whole > 1 && strcmp(leaf(key), leaf(candidate)) == 0 ? 1 : whole;
}

struct nearest {
	const char *key;
	size_t distance;
	char name[LENGTH_MAX];
};

static void consider(struct nearest *n, const char *candidate)
{
	size_t d = distance(n->key, candidate);
	if (d >= n->distance)
		return;
	n->distance = d;
	snprintf(n->name, sizeof n->name, "%s", candidate);
}

bool setting_nearest(const char *key, char *ret, size_t size)
{
	struct nearest n = {.key = key, .distance = strlen(key) / 3 + 2};
	for (size_t i = 0; i < SETTINGS_N; i++) {
		consider(&n, SETTINGS[i].key);
		char section[LENGTH_MAX];
		snprintf(section, sizeof section, "%s", SETTINGS[i].key);
		section[strcspn(section, ".")] = '\0';
		consider(&n, section);
	}
	if (!n.name[0])
		return false;
	snprintf(ret, size, "%s", n.name);
	return true;
}
