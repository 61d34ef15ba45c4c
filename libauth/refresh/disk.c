#include "libauth/refresh/disk.h"

#include "libauth/auth.h"
#include "libauth/base/encode.h"
#include "libauth/base/mem.h"
#include "libauth/text_file.h"

#include <dirent.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char KEYS[] = "jwks.json", LIST_PREFIX[] = "list-";

static void close_directory(DIR *dir)
{
	if (dir)
		closedir(dir);
}
DEFINE_AUTO(directory, DIR *, close_directory)

status disk_check(const char *dir, struct error *e)
{
	struct stat st;
	if (stat(dir, &st) != 0)
		return error_set(e, ST_IO, "%.150s: %m", dir);
	if (!S_ISDIR(st.st_mode))
		return error_set(e, ST_IO, "%.150s: not a directory", dir);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) || (st.st_uid != geteuid() && st.st_uid != 0))
		return error_set(e, ST_IO, "%.150s: others may write to it", dir);
	return ST_OK;
}

static status put(const char *dir, const char *name, struct slice bytes, struct error *e)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return error_set(e, ST_IO, "%.100s: the name is too long", dir);
	return text_file_replace(path, bytes, e);
}

status disk_put_keys(const char *dir, struct slice jwks, struct error *e)
{
	return dir ? put(dir, KEYS, jwks, e) : ST_OK;
}

status disk_put_list(const char *dir, struct slice uri, struct slice token, struct error *e)
{
	uint8_t digest[32];
	char name[sizeof LIST_PREFIX + 44] = "";
	if (!dir)
		return ST_OK;
	if (!EVP_Digest(uri.p, uri.n, digest, NULL, EVP_sha256(), NULL))
		return ST_NOMEM;
	size_t n = (size_t)snprintf(name, sizeof name, "%s", LIST_PREFIX);
	base64url_encode(slice_of(digest, sizeof digest), name + n);
	return put(dir, name, token, e);
}

status disk_get_keys(const char *dir, struct buf *ret, int64_t *ret_at, struct error *e)
{
	char path[PATH_MAX];
	AUTO_MEM uint8_t *bytes = NULL;
	struct stat st;
	size_t n;
	int length = snprintf(path, sizeof path, "%s/%s", dir, KEYS);
	if (length < 0 || (size_t)length >= sizeof path)
		return error_set(e, ST_IO, "%.100s: the name is too long", dir);
	TRY(text_file_read(path, AUTH_JWKS_MAX, &bytes, &n, e));
	if (stat(path, &st) != 0)
		return error_set(e, ST_IO, "%.150s: %m", path);
	buf_put(ret, slice_of(bytes, n));
	*ret_at = st.st_mtime;
	return buf_status(ret);
}

void disk_each_list(const char *dir, disk_list_fn *take, void *context)
{
	AUTO(directory) DIR *d = opendir(dir);
	char path[PATH_MAX];
	for (struct dirent *entry; d && (entry = readdir(d));) {
		if (strncmp(entry->d_name, LIST_PREFIX, sizeof LIST_PREFIX - 1))
			continue;
		int n = snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		if (n > 0 && (size_t)n < sizeof path && !take(context, path))
			unlink(path);
	}
}
