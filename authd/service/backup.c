#include "authd/service/backup.h"

#include "authd/store/files.h"
#include "keys/seal.h"
#include "libauth/base/encode.h"
#include "libauth/base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORMAT = 1, CHUNK = 256 << 10, KEY_FILE_MAX = 1 << 20 };

static const char MANIFEST[] = "manifest.json";

static void auto_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}
#define AUTO_DIR __attribute__((cleanup(auto_dir)))

static status failed(struct error *e, const char *path, const char *what)
{
	int error = errno;
	status s = error == EACCES || error == EPERM ? ST_FORBIDDEN
		   : error == ENOENT                 ? ST_NOT_FOUND
						     : files_status(error);
	return error_set(e, s, "%s: %s: %s", path, what, strerror(error));
}

static status path_in(const char *dir, const char *name, char ret[FILES_PATH_MAX], struct error *e)
{
	status s = files_path(dir, name, ret);
	return s == ST_OK ? s : error_set(e, s, "%s/%s: the path is too long", dir, name);
}

/* ---- directories and files ------------------------------------------------------------------ */

static bool is_dot(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static status check_empty(const char *dir, struct error *e)
{
	AUTO_DIR DIR *d = opendir(dir);
	if (!d)
		return failed(e, dir, "cannot be read");
	for (struct dirent *entry; (entry = readdir(d));)
		if (!is_dot(entry->d_name))
			return error_set(e, ST_EXISTS, "%s: is not empty", dir);
	return ST_OK;
}

static status make_empty_dir(const char *dir, struct error *e)
{
	if (mkdir(dir, 0700) == 0)
		return ST_OK;
	if (errno != EEXIST)
		return failed(e, dir, "cannot be made");
	return check_empty(dir, e);
}

static status pump(int from, int to, uint8_t *room)
{
	for (;;) {
		ssize_t n = read(from, room, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ST_IO;
		if (n == 0)
			return fsync(to) == 0 ? ST_OK : ST_IO;
		TRY(fd_write_all(to, slice_of(room, (size_t)n)));
	}
}

static status copy_file(const char *from, const char *to, struct error *e)
{
	AUTO(fd) int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (in < 0)
		return failed(e, from, "cannot be read");
	AUTO(fd) int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return failed(e, to, "cannot be made");
	AUTO(mem) void *room = malloc(CHUNK);
	if (!room)
		return ST_NOMEM;
	return pump(in, out, room) == ST_OK ? ST_OK : failed(e, to, "cannot be written");
}

static status read_file(const char *path, size_t max, struct buf *out, struct error *e)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return failed(e, path, "cannot be read");
	status s = fd_read_all(fd, max, out);
	if (s == ST_TOO_LARGE)
		return error_set(e, ST_CORRUPT, "%s: too large", path);
	return s == ST_IO ? failed(e, path, "cannot be read") : s;
}

static status hash_file(const char *path, uint8_t ret[32], struct error *e)
{
	AUTO_BUF struct buf bytes = { 0 };
	TRY(read_file(path, KEY_FILE_MAX, &bytes, e));
	return sha256(buf_slice(&bytes), ret);
}

/* ---- taking it ------------------------------------------------------------------------------ */

/* Is this directory entry a key file? The key-encryption key is left out, wherever it lies. */
static bool is_key_file(const char *path, const char *name, const char *kek_file)
{
	struct stat file, kek;
	if (name[0] == '.' || lstat(path, &file) != 0 || !S_ISREG(file.st_mode))
		return false;
	if (!kek_file || stat(kek_file, &kek) != 0)
		return true;
	return file.st_dev != kek.st_dev || file.st_ino != kek.st_ino;
}

static status add_key(json_t *keys, const char *name, const char *copy, struct error *e)
{
	uint8_t hash[32];
	AUTO_BUF struct buf hex = { 0 };
	TRY(hash_file(copy, hash, e));
	buf_put_hex(&hex, slice_of(hash, sizeof hash));
	TRY(buf_status(&hex));
	json_t *text = json_stringn((const char *)hex.p, hex.n);
	return json_object_set_new(keys, name, text) == 0 ? ST_OK : ST_NOMEM;
}

static status copy_keys(const struct conf *conf, const char *to, json_t *keys, struct error *e)
{
	AUTO_DIR DIR *d = opendir(conf->keys_dir);
	if (!d)
		return failed(e, conf->keys_dir, "cannot be read");
	for (struct dirent *entry; (entry = readdir(d));) {
		char source[FILES_PATH_MAX], target[FILES_PATH_MAX];
		TRY(path_in(conf->keys_dir, entry->d_name, source, e));
		TRY(path_in(to, entry->d_name, target, e));
		if (!is_key_file(source, entry->d_name, conf->kek_file))
			continue;
		TRY(copy_file(source, target, e));
		TRY(add_key(keys, entry->d_name, target, e));
	}
	return files_sync_dir(to);
}

static status write_manifest(const char *dir, json_t *manifest, struct error *e)
{
	char path[FILES_PATH_MAX];
	TRY(path_in(dir, MANIFEST, path, e));
	AUTO(mem) void *text = json_dumps(manifest, JSON_INDENT(2));
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (!text)
		return ST_NOMEM;
	if (fd < 0)
		return failed(e, path, "cannot be made");
	if (fd_write_all(fd, slice_str(text)) != ST_OK || fsync(fd) != 0)
		return failed(e, path, "cannot be written");
	return files_sync_dir(dir);
}

static status fill(struct issuer *is, const char *dir, json_t *keys, struct error *e)
{
	char records_dir[FILES_PATH_MAX], keys_dir[FILES_PATH_MAX];
	TRY(path_in(dir, "records", records_dir, e));
	TRY(path_in(dir, "keys", keys_dir, e));
	TRY(make_empty_dir(records_dir, e));
	TRY(make_empty_dir(keys_dir, e));
	TRY(records_backup(is->records, records_dir, e));
	return copy_keys(is->conf, keys_dir, keys, e);
}

status backup_make(struct issuer *is, const char *dir, int64_t now, struct error *e)
{
	if (dir[0] != '/')
		return error_set(e, ST_INVALID, "%s: not an absolute path", dir);
	TRY(make_empty_dir(dir, e));
	json_t *keys = json_object();
	json_t *manifest = json_pack("{s:i, s:s, s:I, s:o}", "format", FORMAT, "issuer",
				     is->conf->issuer, "created_at", (json_int_t)now, "keys", keys);
	if (!manifest)
		return ST_NOMEM;
	status s = fill(is, dir, keys, e);
	if (s == ST_OK)
		s = write_manifest(dir, manifest, e);
	json_decref(manifest);
	return s;
}

/* ---- putting it back ------------------------------------------------------------------------ */

static status read_key(struct backup_key *key, const char *name, const json_t *hash, struct arena *a)
{
	struct slice hex = slice_str(json_string_value(hash));
	key->name = arena_string(a, slice_str(name));
	if (!key->name)
		return ST_NOMEM;
	if (strchr(name, '/') || name[0] == '.')
		return ST_CORRUPT;
	return hex_decode(hex, key->sha256, sizeof key->sha256) == ST_OK ? ST_OK : ST_CORRUPT;
}

static status read_manifest(const json_t *manifest, struct arena *a, struct backup *ret)
{
	json_t *keys = json_object_get(manifest, "keys"), *hash;
	const char *issuer = json_string_value(json_object_get(manifest, "issuer")), *name;
	if (json_integer_value(json_object_get(manifest, "format")) != FORMAT || !issuer ||
	    json_object_size(keys) == 0)
		return ST_CORRUPT;
	struct backup b = { 0 };
	b.issuer = arena_string(a, slice_str(issuer));
	b.created_at = json_integer_value(json_object_get(manifest, "created_at"));
	b.keys = arena_array(a, struct backup_key, json_object_size(keys));
	if (!b.issuer || !b.keys)
		return ST_NOMEM;
	json_object_foreach(keys, name, hash)
		TRY(read_key(&b.keys[b.keys_n++], name, hash, a));
	*ret = b;
	return ST_OK;
}

status backup_read(const char *dir, struct arena *a, struct backup *ret, struct error *e)
{
	char path[FILES_PATH_MAX];
	AUTO_BUF struct buf text = { 0 };
	TRY(path_in(dir, MANIFEST, path, e));
	status s = read_file(path, KEY_FILE_MAX, &text, e);
	if (s == ST_NOT_FOUND)
		return error_set(e, s, "%s: no %s there: not a backup, or one that was not finished",
				 dir, MANIFEST);
	TRY(s);
	json_t *manifest = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	s = read_manifest(manifest, a, ret);
	json_decref(manifest);
	return s == ST_CORRUPT ? error_set(e, s, "%s: damaged, or of a later version", path) : s;
}

static status unpack_key(const char *from_dir, const char *to_dir, const struct backup_key *key,
			 struct error *e)
{
	char from[FILES_PATH_MAX], to[FILES_PATH_MAX];
	uint8_t hash[32];
	TRY(path_in(from_dir, key->name, from, e));
	TRY(path_in(to_dir, key->name, to, e));
	TRY(copy_file(from, to, e));
	TRY(hash_file(to, hash, e));
	if (!slice_equal(slice_of(hash, 32), slice_of(key->sha256, 32)))
		return error_set(e, ST_CORRUPT, "%s: not the file that was backed up", from);
	return ST_OK;
}

static status unpack_records(const char *from_dir, const char *to_dir, struct error *e)
{
	char from[FILES_PATH_MAX], to[FILES_PATH_MAX];
	TRY(path_in(from_dir, "data.mdb", from, e));
	TRY(path_in(to_dir, "data.mdb", to, e));
	TRY(copy_file(from, to, e));
	return files_sync_dir(to_dir);
}

status backup_unpack(const char *dir, const struct backup *b, const char *records_dir,
		     const char *keys_dir, struct error *e)
{
	char from_records[FILES_PATH_MAX], from_keys[FILES_PATH_MAX];
	TRY(path_in(dir, "records", from_records, e));
	TRY(path_in(dir, "keys", from_keys, e));
	TRY(make_empty_dir(records_dir, e));
	TRY(make_empty_dir(keys_dir, e));
	for (size_t k = 0; k < b->keys_n; k++)
		TRY(unpack_key(from_keys, keys_dir, &b->keys[k], e));
	TRY(files_sync_dir(keys_dir));
	return unpack_records(from_records, records_dir, e);
}
