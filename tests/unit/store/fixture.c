#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void remove_tree(const char *path) { (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

void make_dir(char path[64])
{
	snprintf(path, 64, "/tmp/authd-store-XXXXXX");
	assert_non_null(mkdtemp(path));
}

struct records *open_records(const char *dir, size_t map_size)
{
	const struct records_lmdb_options options = {
		.dir = dir,
		.create = true,
		.map_size = map_size,
	};
	struct records_backend *backend = NULL;
	struct error e = { 0 };
	status s = records_lmdb_open(&options, &backend, &e);
	if (s)
		print_error("%s\n", e.message);
	assert_ok(s);
	struct records *r = NULL;
	assert_ok(records_open_backend(backend, &r));
	return r;
}

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	make_dir(f->dir);
	f->records = open_records(f->dir, 1 << 20);
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	records_free(f->records);
	arena_done(&f->arena);
	remove_tree(f->dir);
	free(f);
	return 0;
}
