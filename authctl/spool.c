#include "authctl/spool.h"

#include "keys/seal.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct spool {
	FILE *file;
	struct secret key;
	uint64_t next; /* number of the piece: associated data */
};

status spool_new(const char *dir, enum suite suite, struct spool **ret)
{
	AUTO(spool) struct spool *s = calloc(1, sizeof *s);
	AUTO_ARENA struct arena a = { 0 };
	char *path = (char *)arena_format(&a, "%s/spool-XXXXXX", dir).p;
	if (!s || !path)
		return ST_NOMEM;
	s->key.suite = suite;
	TRY(random_bytes(s->key.bytes, sizeof s->key.bytes));
	int fd = mkstemp(path); /* mode 0600 */
	if (fd < 0)
		return ST_UNAVAILABLE;
	(void)unlink(path);
	s->file = fdopen(fd, "w+");
	if (!s->file) {
		close(fd);
		return ST_NOMEM;
	}
	*ret = TAKE(s);
	return ST_OK;
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	if (s->file)
		fclose(s->file);
	secret_done(&s->key);
	free(s);
}

static struct slice place(const uint64_t *number) { return slice_of(number, sizeof *number); }

status spool_put(struct spool *s, struct slice bytes)
{
	AUTO_ARENA struct arena a = { .limit = 2 * SPOOL_PIECE_MAX };
	struct slice sealed;
	if (bytes.n > SPOOL_PIECE_MAX)
		return ST_BUG;
	TRY(seal(&s->key, place(&s->next), bytes, &a, &sealed));
	s->next++;
	bool good = fwrite(&sealed.n, sizeof sealed.n, 1, s->file) == 1 &&
		    fwrite(sealed.p, 1, sealed.n, s->file) == sealed.n;
	return good ? ST_OK : ST_UNAVAILABLE;
}

status spool_rewind(struct spool *s)
{
	s->next = 0;
	return fflush(s->file) == 0 && fseek(s->file, 0, SEEK_SET) == 0 ? ST_OK : ST_UNAVAILABLE;
}

status spool_take(struct spool *s, struct arena *a, struct slice *ret)
{
	size_t n;
	if (fread(&n, sizeof n, 1, s->file) != 1)
		return feof(s->file) ? ST_NOT_FOUND : ST_IO;
	if (n > SPOOL_PIECE_MAX + SEAL_OVERHEAD)
		return ST_CORRUPT;
	AUTO_MEM uint8_t *sealed = malloc(n + !n);
	if (!sealed)
		return ST_NOMEM;
	if (fread(sealed, 1, n, s->file) != n)
		return ST_IO;
	status st = unseal(&s->key, place(&s->next), slice_of(sealed, n), a, ret);
	s->next++;
	return st == ST_INVALID ? ST_CORRUPT : st;
}
