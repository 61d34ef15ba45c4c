#include "fixture.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
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

void tell(int fd) { assert_int_equal(write(fd, "x", 1), 1); }

void hear(int fd)
{
	char c;
	assert_int_equal(read(fd, &c, 1), 1);
}

struct peer start_peer(const char *dir, void (*work)(const char *dir))
{
	int to[2], from[2];
	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		hear(to[0]);
		work(dir);
		tell(from[1]);
		hear(to[0]); /* for ever */
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	return (struct peer){ pid, to[1], from[0] };
}

void end_peer(struct peer *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	close(p->tell);
	close(p->hear);
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
