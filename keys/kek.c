#include "keys/kek.h"

#include "keys/file.h"
#include "keys/keys.h"
#include "keys/seal.h"

#include "libauth/base/encode.h"

#include <libgen.h>
#include <stdlib.h>

enum { KEK_DIGITS = 2 * SECRET_SIZE };
static const char SM_MARK[] = "sm:"; /* in front of the digits */

DEFINE_AUTO(path, char *, free)

/* Who copies the keys or the data must not get with them what opens them. */
static status check_place(const struct keys_options *options, const char *path, struct error *e)
{
	if (!file_is_within(path, options->dir) && !file_is_within(path, options->data_dir))
		return ST_OK;
	return error_set(e, ST_INVALID,
			 "%s lies where backups take it along: keep the key-encryption key outside the"
			 " key and data directories", options->kek_file);
}

static status parse(struct slice text, const char *path, struct secret *ret, struct error *e)
{
	AUTO_SECRET struct secret kek = { .suite = SUITE_INTERNATIONAL };
	if (slice_starts(text, slice_str(SM_MARK))) {
		kek.suite = SUITE_SM;
		text = slice_from(text, strlen(SM_MARK));
	}
	if (text.n == KEK_DIGITS + 1 && text.p[KEK_DIGITS] == '\n')
		text.n--;
	if (hex_decode(text, kek.bytes, SECRET_SIZE) != ST_OK)
		return error_set(e, ST_INVALID, "%s is not 64 hexadecimal digits and a newline", path);
	*ret = kek;
	return ST_OK;
}

status kek_read(const struct keys_options *options, struct secret *ret, struct error *e)
{
	const char *path = options->kek_file;
	if (!path || !*path)
		return error_set(e, ST_INVALID, "no file is named for the key-encryption key");
	AUTO_BUF struct buf text = { 0 };
	status s = file_read(path, FILE_CREDENTIAL, &text, e);
	if (s == ST_NOT_FOUND)
		return error_set(e, s,
				 "there is no key-encryption key at %s: put it back from where it is kept;"
				 " only a new deployment makes a new one", path);
	if (s != ST_OK)
		return s;
	TRY(check_place(options, path, e));
	return parse(buf_slice(&text), path, ret, e);
}

status kek_write(const struct secret *kek, struct buf *out)
{
	if (kek->suite == SUITE_SM)
		buf_put_text(out, SM_MARK);
	buf_put_hex(out, secret_slice(kek));
	buf_put_byte(out, '\n');
	return buf_status(out);
}

static status kek_make(enum suite suite, const char *dir, const char *name, struct error *e)
{
	AUTO_SECRET struct secret kek = { .suite = suite };
	AUTO_BUF struct buf text = { 0 };
	TRY(random_bytes(kek.bytes, sizeof kek.bytes));
	TRY(kek_write(&kek, &text));
	return file_create(dir, name, buf_slice(&text), e);
}

static status check_suite(const struct keys_options *options, const struct secret *kek,
			  struct error *e)
{
	if (kek->suite == options->suite)
		return ST_OK;
	return error_set(e, ST_INVALID, "%s is a key of the other suite: its file %s with \"%s\"",
			 options->kek_file, kek->suite == SUITE_SM ? "begins" : "does not begin", SM_MARK);
}

status kek_ensure(const struct keys_options *options, struct secret *ret, struct error *e)
{
	status s = kek_read(options, ret, e);
	if (s == ST_OK)
		return check_suite(options, ret, e);
	if (s != ST_NOT_FOUND)
		return s;

	/* dirname() and basename() write into what they are given. */
	AUTO(path) char *for_dir = strdup(options->kek_file);
	AUTO(path) char *for_name = strdup(options->kek_file);
	if (!for_dir || !for_name)
		return ST_NOMEM;
	const char *dir = dirname(for_dir);
	TRY(check_place(options, dir, e));
	s = kek_make(options->suite, dir, basename(for_name), e);
	if (s != ST_OK && s != ST_EXISTS)
		return s;
	TRY(kek_read(options, ret, e)); /* on ST_EXISTS another process was quicker */
	return check_suite(options, ret, e);
}
