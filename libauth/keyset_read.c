/* Key sets from JSON, from a file, and from a directory of issuers. */
#include "libauth/text_file.h"
#include "libauth/json.h"
#include "libauth/keyset.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { JWKS_VALUES_MAX = 32768 };

/* One text: a key set, or the metadata of an issuer with one in it. */
static status add_text(struct auth_keyset *keys, struct slice text, bool with_issuer, struct error *e)
{
	if (text.n > AUTH_JWKS_MAX)
		return error_set(e, ST_TOO_LARGE, "a key set has at most %d bytes", AUTH_JWKS_MAX);
	struct slice own = arena_copy(&keys->arena, text);
	if (!own.p)
		return error_set(e, ST_NOMEM, "no memory");
	struct auth_value few[128];
	AUTO_JSON struct json json = JSON_INIT(few, JWKS_VALUES_MAX);
	status s = json_read(&json, (uint8_t *)own.p, own.n);
	if (s != ST_OK)
		return error_set(e, s, "not strict JSON, or too much of it: %s", status_name(s));
	struct keyset_source source = { .jwks = json.values, .expires = INT64_MAX };
	if (with_issuer) {
		source.issuer = json_text(auth_value_member(json.values, "issuer"));
		source.jwks = auth_value_member(json.values, "jwks");
		if (!source.issuer.n)
			return error_set(e, ST_INVALID, "it has no string \"issuer\"");
	}
	return keyset_add(keys, &source, e);
}

static status from_json(struct slice text, struct auth_keyset **ret, struct error *e)
{
	AUTO(keyset) struct auth_keyset *keys = keyset_new();
	if (!keys)
		return error_set(e, ST_NOMEM, "no memory");
	TRY(add_text(keys, text, false, e));
	TRY(keyset_sort(keys, e));
	*ret = TAKE(keys);
	return ST_OK;
}

enum auth_status auth_keyset_from_json(const void *json, size_t n, struct auth_keyset **ret,
				       struct auth_error *error)
{
	struct error e = { 0 };
	return answer_of(from_json(slice_of(json, n), ret, &e), AUTH_BAD_KEYS, &e, error);
}

static status from_file(const char *path, struct auth_keyset **ret, struct error *e)
{
	AUTO_MEM uint8_t *text = NULL;
	size_t n;
	TRY(text_file_read(path, AUTH_JWKS_MAX, &text, &n, e));
	return from_json(slice_of(text, n), ret, e);
}

enum auth_status auth_keyset_from_file(const char *path, struct auth_keyset **ret,
				       struct auth_error *error)
{
	struct error e = { 0 };
	return answer_of(from_file(path, ret, &e), AUTH_BAD_KEYS, &e, error);
}

/* ---- a directory of issuers ----------------------------------------------------------------- */

static void close_directory(DIR *dir)
{
	if (dir)
		closedir(dir);
}
DEFINE_AUTO(directory, DIR *, close_directory)

static bool is_json_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	return name[0] != '.' && dot && !strcmp(dot, ".json");
}

static status add_file(struct auth_keyset *keys, const char *dir, const char *name, struct error *e)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof path, "%s/%s", dir, name);
	if (length < 0 || (size_t)length >= sizeof path)
		return error_set(e, ST_IO, "%.100s: the name is too long", name);
	AUTO_MEM uint8_t *text = NULL;
	struct error why = { 0 };
	size_t n;
	TRY(text_file_read(path, AUTH_JWKS_MAX, &text, &n, e));
	status s = add_text(keys, slice_of(text, n), true, &why);
	return s == ST_OK ? s : error_set(e, s, "%.80s: %.160s", name, why.message);
}

static status from_directory(const char *path, struct auth_keyset **ret, struct error *e)
{
	AUTO(keyset) struct auth_keyset *keys = keyset_new();
	AUTO(directory) DIR *dir = opendir(path);
	if (!keys)
		return error_set(e, ST_NOMEM, "no memory");
	if (!dir)
		return error_set(e, ST_IO, "%.100s: %m", path);
	size_t issuers = 0;
	struct dirent *entry;
	while (errno = 0, (entry = readdir(dir))) {
		if (!is_json_name(entry->d_name))
			continue;
		if (++issuers > AUTH_ISSUERS_MAX)
			return error_set(e, ST_TOO_LARGE, "more than %d issuers", AUTH_ISSUERS_MAX);
		TRY(add_file(keys, path, entry->d_name, e));
	}
	if (errno) /* not the end: some may be missing */
		return error_set(e, ST_IO, "%.100s: %m", path);
	TRY(keyset_sort(keys, e));
	*ret = TAKE(keys);
	return ST_OK;
}

enum auth_status auth_keyset_from_directory(const char *path, struct auth_keyset **ret,
					    struct auth_error *error)
{
	struct error e = { 0 };
	return answer_of(from_directory(path, ret, &e), AUTH_BAD_KEYS, &e, error);
}
