#include "servers.h"

#include <ftw.h>
#include <sys/wait.h>
#include <unistd.h>

static void start_server(struct servers *w)
{
	int in[2], out[2];
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	w->server = fork();
	if (w->server == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		close(out[0]);
		execlp("python3", "python3", FETCH_SERVER, w->dir, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	w->to_server = in[1];
	FILE *ports = fdopen(out[0], "r");
	assert_int_equal(fscanf(ports, "tls %d alien %d plain %d", &w->tls, &w->alien, &w->plain), 3);
	fclose(ports);
}

void servers_use(struct servers *w, const char *issuer, bool loopback)
{
	fetching_free(w->issuer.fetching);
	w->conf.issuer = issuer;
	w->conf.outbound.allow = &w->loopback;
	w->conf.outbound.allow_n = loopback;
	assert_ok(fetching_new(&w->issuer, &w->issuer.fetching));
}

int servers_setup(void **state)
{
	struct servers *w = calloc(1, sizeof *w);
	assert_non_null(w);
	snprintf(w->dir, sizeof w->dir, "/tmp/authd-fetch-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->ca_file, sizeof w->ca_file, "%s/ca.pem", w->dir);
	start_server(w);
	w->loopback = (struct conf_network){ { [10] = 0xff, 0xff, 127 }, 104 };
	w->conf.outbound.ca_file = w->ca_file;
	w->conf.outbound.deadline_ms = 5000;
	w->conf.outbound.threads = 4;
	w->conf.outbound.queue = 4;
	w->issuer.conf = &w->conf;
	servers_use(w, "https://id.example.gov.cn", true);
	*state = w;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

int servers_teardown(void **state)
{
	struct servers *w = *state;
	fetching_free(w->issuer.fetching);
	close(w->to_server);
	waitpid(w->server, NULL, 0);
	nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_done(&w->arena);
	free(w);
	return 0;
}

struct slice servers_url(struct servers *w, const char *path)
{
	return arena_format(&w->arena, "https://good.localhost:%d%s", w->tls, path);
}
