/*
 * A backup, taken while authd serves, and put back while it does not.
 *
 *	DIR/records/   a consistent copy of the store
 *	DIR/keys/      the key files, sealed as they are; the key-encryption key is never among them
 *	DIR/manifest.json   written last: without it, it is no backup
 *
 * The records are copied before the keys, so every key version that a record names is there.
 *                                                  Threads: all may call, one per directory.
 */
#pragma once

#include "authd/service/issuer.h"

/*
 * Take a backup into dir: an absolute path that is not there yet, or an empty directory.
 * Returns ST_INVALID (a relative path), ST_EXISTS (not empty), ST_FORBIDDEN, ST_NOT_FOUND (no such
 * parent), or a fault; with a message. Takes as long as reading the whole store takes.
 */
status backup_make(struct issuer *is, const char *dir, int64_t now, struct error *e);

/* What a manifest says. In the arena. */
struct backup {
	const char *issuer;
	int64_t created_at;
	struct backup_key {
		const char *name;
		uint8_t sha256[32];
	} *keys;
	size_t keys_n;
};

/* ST_NOT_FOUND: no manifest, so an unfinished backup or none; ST_CORRUPT. With a message. */
status backup_read(const char *dir, struct arena *a, struct backup *ret, struct error *e);

/*
 * Put the files of a backup into two directories that are empty or not there yet. Each key file is
 * compared with the manifest. ST_EXISTS, ST_CORRUPT, or a fault; with a message.
 */
status backup_unpack(const char *dir, const struct backup *b, const char *records_dir,
		     const char *keys_dir, struct error *e);
