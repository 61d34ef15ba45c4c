/* The whole process: starts, says so, serves, reloads, ends; and refuses to start, saying why. */
#include "authd/store/records.h"
#include "keys/keys.h"
#include "libauth/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A folder with all that an issuer needs, and the process that serves it. */
struct process {
	const char *binary;
	char dir[40];
	char conf[60], port_file[60], notify_path[60], kek[60];
	pid_t pid;
	int errors;   /* our end of its stderr */
	int notified; /* where it tells its service manager */
	char said[64 << 10];
};

static const char *binary; /* from the command line */

/* ---- a folder -------------------------------------------------------------------------------- */

static void write_file(const char *path, struct slice text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	close(fd);
}

static void write_conf(struct process *p, const char *kek)
{
	AUTO_BUF struct buf text = { 0 };
	buf_format(&text,
	           "issuer: http://id.localhost:8080\n"
	           "listen:\n  address: 127.0.0.1\n  port: 0\n"
	           "data_dir: %s/data\nkeys_dir: %s/keys\nkek_file: %s\n"
	           "admin:\n  socket: %s/admin\n  operators:\n"
	           "    - user: %s\n      role: admin\n"
	           "password:\n  threads: 1\n",
	           p->dir, p->dir, kek, p->dir, getpwuid(getuid())->pw_name);
	assert_int_equal(buf_status(&text), ST_OK);
	write_file(p->conf, buf_slice(&text));
}

static void make_stores(struct process *p)
{
	char keys[60], data[60], records[60];
	struct error e = { 0 };
	snprintf(keys, sizeof keys, "%s/keys", p->dir);
	snprintf(data, sizeof data, "%s/data", p->dir);
	snprintf(records, sizeof records, "%s/data/records", p->dir);
	assert_int_equal(mkdir(data, 0700), 0);
	assert_int_equal(mkdir(records, 0700), 0);
	struct keys_options options = { .dir = keys, .kek_file = p->kek };
	assert_int_equal(key_algorithms_parse(SLICE("ES256 RS256 EdDSA PS256"), &options.algorithms), ST_OK);
	if (keys_create(&options, time(NULL), &e) != ST_OK)
		fail_msg("%s", e.message);
	struct records *r;
	struct records_options store = { .dir = records, .create = true };
	if (records_open(&store, &r, &e) != ST_OK)
		fail_msg("%s", e.message);
	records_free(r);
}

static void listen_for_notes(struct process *p)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	memcpy(at.sun_path, p->notify_path, strlen(p->notify_path));
	p->notified = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(p->notified, (struct sockaddr *)&at, sizeof at), 0);
}

static int set_up(void **state)
{
	struct process *p = calloc(1, sizeof *p);
	memcpy(p->dir, "/tmp/authd-test-XXXXXX", 23);
	assert_non_null(mkdtemp(p->dir));
	p->binary = binary;
	snprintf(p->conf, sizeof p->conf, "%s/authd.yaml", p->dir);
	snprintf(p->port_file, sizeof p->port_file, "%s/port", p->dir);
	snprintf(p->notify_path, sizeof p->notify_path, "%s/notify", p->dir);
	snprintf(p->kek, sizeof p->kek, "%s/kek", p->dir);
	make_stores(p);
	write_conf(p, p->kek);
	listen_for_notes(p);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct process *p = *state;
	if (p->pid) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	close(p->notified);
	char command[100];
	snprintf(command, sizeof command, "rm -rf %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

/* ---- the process ----------------------------------------------------------------------------- */

static void begin(struct process *p, const char *option)
{
	int pipes[2];
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (!p->pid) {
		dup2(pipes[1], STDERR_FILENO);
		setenv("NOTIFY_SOCKET", p->notify_path, 1);
		execl(p->binary, p->binary, "--config", p->conf, "--port-file", p->port_file,
		      option, NULL);
		_exit(127);
	}
	close(pipes[1]);
	p->errors = pipes[0];
}

/* All that it says until it ends, into p->said. */
static void read_errors(struct process *p)
{
	size_t n = 0;
	ssize_t got;
	while ((got = read(p->errors, p->said + n, sizeof p->said - 1 - n)) > 0)
		n += (size_t)got;
	p->said[n] = '\0';
	close(p->errors);
}

/* Its exit code. */
static int await_end(struct process *p)
{
	int how;
	read_errors(p);
	assert_int_equal(waitpid(p->pid, &how, 0), p->pid);
	p->pid = 0;
	assert_true(WIFEXITED(how));
	return WEXITSTATUS(how);
}

static int await_port(struct process *p)
{
	for (int i = 0; i < 1000; i++) {
		FILE *f = fopen(p->port_file, "re");
		char text[16] = "";
		if (f && fgets(text, sizeof text, f)) {
			fclose(f);
			return (int)strtol(text, NULL, 10);
		}
		if (f)
			fclose(f);
		usleep(10000);
	}
	kill(p->pid, SIGKILL);
	read_errors(p);
	fail_msg("it does not listen: %s", p->said);
	return 0;
}

static bool was_notified(struct process *p, const char *state)
{
	char text[100];
	for (int i = 0; i < 300; i++) {
		ssize_t n = recv(p->notified, text, sizeof text, 0);
		if (n > 0 && slice_is(slice_of(text, (size_t)n), state))
			return true;
		usleep(10000);
	}
	return false;
}

/* What GET answers, head and body. */
static const char *get(int port, const char *path, char *answer, size_t size)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	dprintf(fd, "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", path);
	size_t n = 0;
	ssize_t got;
	while ((got = recv(fd, answer + n, size - 1 - n, 0)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	close(fd);
	return answer;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_serves_until_sigterm(void **state)
{
	struct process *p = *state;
	static char answer[64 << 10];
	begin(p, NULL);
	int port = await_port(p);
	assert_true(was_notified(p, "READY=1"));

	assert_non_null(strstr(get(port, "/healthz", answer, sizeof answer), "HTTP/1.1 200 "));
	assert_non_null(strstr(answer, "{\"status\":\"ok\"}"));
	assert_non_null(strstr(get(port, "/readyz", answer, sizeof answer), "HTTP/1.1 200 "));
	assert_non_null(strstr(answer, "{\"ready\":true,\"checks\":{\"serving\":\"ok\",\"records\":"
	                               "\"ok\",\"cache\":\"ok\",\"keys\":\"ok\",\"status_lists\":\"ok\"}}"));
	assert_non_null(strstr(get(port, "/jwks", answer, sizeof answer), "\"keys\""));
	assert_non_null(
	        strstr(get(port, "/.well-known/openid-configuration", answer, sizeof answer),
	               "\"issuer\":\"http://id.localhost:8080\""));

	kill(p->pid, SIGHUP);
	get(port, "/healthz?secret=s3cr3t", answer, sizeof answer);
	get(port, "/nothing/s3cr3t", answer, sizeof answer);
	kill(p->pid, SIGTERM);
	assert_true(was_notified(p, "STOPPING=1"));
	assert_int_equal(await_end(p), 0);
	assert_non_null(strstr(p->said, "\"event\":\"listening\""));
	assert_non_null(strstr(p->said, "\"event\":\"reloaded\",\"what\":\"keys\""));
	assert_non_null(strstr(p->said, "\"path\":\"/readyz\",\"status\":200"));
	assert_non_null(strstr(p->said, "\"event\":\"stopping\""));
	assert_null(strstr(p->said, "s3cr3t"));
}

static void test_starts_again_after_kill(void **state)
{
	struct process *p = *state;
	static char answer[64 << 10];
	begin(p, NULL);
	await_port(p);
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	close(p->errors);
	unlink(p->port_file);
	begin(p, NULL); /* the admin socket of the dead one is replaced */
	int port = await_port(p);
	assert_non_null(strstr(get(port, "/readyz", answer, sizeof answer), "HTTP/1.1 200 "));
	kill(p->pid, SIGINT);
	assert_int_equal(await_end(p), 0);
}

static void refuses(struct process *p, int code, const char *reason)
{
	begin(p, NULL);
	assert_int_equal(await_end(p), code);
	if (!strstr(p->said, reason))
		fail_msg("expected '%s' but it said: %s", reason, p->said);
	assert_int_not_equal(access(p->port_file, F_OK), 0);
}

static void test_refuses_to_start(void **state)
{
	struct process *p = *state;
	char path[80];
	snprintf(path, sizeof path, "%s/no-such-kek", p->dir);
	write_conf(p, path);
	refuses(p, 1, path);

	write_file(p->conf, SLICE("isuer: https://a.test\n"));
	refuses(p, 1, "authd.yaml:1: isuer");
	write_conf(p, p->kek);

	snprintf(path, sizeof path, "%s/data/records/data.mdb", p->dir);
	assert_int_equal(unlink(path), 0);
	refuses(p, 1, "/data/records");
	unlink(p->conf);
	refuses(p, 1, "authd.yaml");
}

static void test_check_and_usage(void **state)
{
	struct process *p = *state;
	begin(p, "--check");
	assert_int_equal(await_end(p), 0);
	assert_int_not_equal(access(p->port_file, F_OK), 0);
	write_file(p->conf, SLICE("issuer: nonsense\n"));
	begin(p, "--check");
	assert_int_equal(await_end(p), 1);
	assert_non_null(strstr(p->said, "authd.yaml:1: issuer"));
	begin(p, "--nonsense");
	assert_int_equal(await_end(p), 2);
	assert_non_null(strstr(p->said, "usage: authd --config FILE"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_serves_until_sigterm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_starts_again_after_kill, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refuses_to_start, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_check_and_usage, set_up, tear_down),
	};
	if (argc != 2)
		return 2;
	binary = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
