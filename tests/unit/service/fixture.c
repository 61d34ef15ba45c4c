#include "fixture.h"

#include "authd/service/audit_guard.h"
#include "authd/service/own_tokens.h"
#include "authd/service/status_lists.h"
#include "keys/keyfile.h"
#include "keys/kek.h"
#include "keys/seal.h"
#include "keys/secrets.h"
#include "keys/state.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static struct keys_options keys_options(struct fixture *f)
{
	return (struct keys_options){ .dir = f->keys_dir,
				      .kek_file = f->kek_file,
				      .algorithms = (1 << KEY_ALGORITHM_COUNT) - 1 };
}

static void open_all(struct fixture *f)
{
	struct error e = { 0 };
	struct keys_options keys = keys_options(f);
	struct audit_guard guard;
	struct records_options records = { .dir = f->records_dir, .create = true, .guard = &guard };
	if (keys_open(&keys, &f->issuer.keys, &e) != ST_OK)
		fail_msg("%s", e.message);
	guard = audit_guard_of(f->issuer.keys);
	if (records_open(&records, &f->issuer.records, &e) != ST_OK)
		fail_msg("%s", e.message);

	struct slice url = arena_format(&f->arena, "embedded:%s/cache", f->dir);
	struct cache_options cache = { .url = (const char *)url.p, .deadline_ms = 250 };
	if (cache_open(&cache, f->issuer.keys, f->issuer.records, &f->issuer.cache, &e) != ST_OK)
		fail_msg("%s", e.message);
	assert_ok(own_tokens_new(&f->conf, f->issuer.keys, &f->issuer.own_tokens));
	struct slice lists = arena_format(&f->arena, "%s/status-lists", f->dir);
	if (status_lists_new(&f->issuer, (const char *)lists.p, NOW, &f->issuer.status_lists, &e) != ST_OK)
		fail_msg("%s", e.message);
}

static void close_all(struct fixture *f)
{
	status_lists_free(f->issuer.status_lists);
	own_tokens_free(f->issuer.own_tokens);
	cache_free(f->issuer.cache);
	records_free(f->issuer.records);
	keys_free(f->issuer.keys);
}

void fixture_reopen(struct fixture *f)
{
	close_all(f);
	open_all(f);
}

/* Making an RSA key takes long, so one ring serves all tests of a program. */
static void make_keys(struct fixture *f)
{
	struct error e = { 0 };
	struct keys_options keys = keys_options(f);
	if (keys_create(&keys, NOW, &e) != ST_OK)
		fail_msg("%s", e.message);
}

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	snprintf(f->dir, sizeof f->dir, "/tmp/authd-service-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->records_dir, sizeof f->records_dir, "%s/records", f->dir);
	snprintf(f->keys_dir, sizeof f->keys_dir, "%s/keys", f->dir);
	snprintf(f->kek_file, sizeof f->kek_file, "%s/kek", f->dir);
	assert_int_equal(mkdir(f->records_dir, 0700), 0);
	assert_int_equal(mkdir((const char *)arena_format(&f->arena, "%s/cache", f->dir).p, 0700), 0);
	make_keys(f);

	f->conf.issuer = "https://id.example.gov.cn";
	f->conf.keys_dir = f->keys_dir;
	f->conf.kek_file = f->kek_file;
	f->conf.keys.algorithms = "ES256 RS256 EdDSA PS256 SGD_SM3_SM2";
	f->conf.tokens.algorithm = "ES256";
	f->conf.life.code_s = 60;
	f->conf.ledger.keep_s = 1096 * 86400;
	f->conf.life.access_token_s = f->conf.life.id_token_s = 300;
	f->conf.life.session_idle_s = 1800;
	f->conf.life.session_s = 12 * 3600;
	f->conf.life.refresh_idle_s = 30 * 86400;
	f->conf.life.refresh_s = 180 * 86400;
	f->conf.life.refresh_grace_s = 30;
	f->conf.throttle.account_failures = 3;
	f->conf.throttle.address_failures = 5;
	f->conf.throttle.window_s = 900;
	f->conf.levels.ladder[0] = (struct conf_level){ 2, 1, 1 };
	f->conf.levels.ladder[1] = (struct conf_level){ 3, 1, 1 };
	f->conf.levels.ladder[2] = (struct conf_level){ 4, 2, 2 };
	f->conf.levels.ladder[3] = (struct conf_level){ 5, 3, 2 };
	f->conf.levels.factor_age_s = 12 * 3600;
	f->conf.password.memory_kib = 64;
	f->conf.password.passes = 1;
	f->conf.password.min_length = 10;
	f->issuer.conf = &f->conf;
	f->issuer.iss = slice_str(f->conf.issuer);
	assert_ok(pool_new(2, 8, &f->issuer.hashing));
	open_all(f);
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	pool_free(f->issuer.hashing);
	close_all(f);
	arena_done(&f->arena);
	(void)nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static void append_secret(struct secret_set *set, struct arena *a, enum secret_use use)
{
	struct secret_entry *entries = arena_array(a, struct secret_entry, set->n + 1);
	assert_non_null(entries);
	size_t n = 0;
	bool added = false;
	for (size_t k = 0; k < set->n; k++) {
		if (!added && set->entries[k].use == use) {
			entries[n] = set->entries[k];
			entries[n].version++;
			assert_ok(random_bytes(entries[n++].secret.bytes, SECRET_SIZE));
			added = true;
		}
		entries[n++] = set->entries[k];
	}
	set->entries = entries;
	set->n = n;
}

void fixture_add_secret(struct fixture *f, enum secret_use use)
{
	struct keys_options options = keys_options(f);
	struct secret kek;
	struct slice bytes;
	struct secret_set set;
	AUTO_BUF struct buf out = { 0 };
	assert_ok(kek_read(&options, &kek, NULL));
	assert_ok(keyfile_read(f->keys_dir, KEYS_SECRETS_FILE, &kek, &f->arena, &bytes, NULL));
	assert_ok(secrets_decode(bytes, &f->arena, &set));
	append_secret(&set, &f->arena, use);
	assert_ok(secrets_encode(&set, &out));
	assert_ok(keyfile_write(f->keys_dir, KEYS_SECRETS_FILE, &kek, buf_slice(&out), NULL));
	fixture_reopen(f);
}

void waiting_done(struct op *op)
{
	atomic_store(&CONTAINER_OF(op, struct waiting, op)->done, true);
}

status waiting_end(struct waiting *w)
{
	while (!atomic_load(&w->done))
		usleep(200);
	return w->op.status;
}

struct grant fixture_grant(void)
{
	struct grant g = {
		.client_id = SLICE("portal"),
		.scope = SLICE("openid offline_access"),
		.audience = SLICE("https://api.example"),
		.kind = SUBJECT_NATURAL,
		.authentication = { .auth_time = NOW - 5,
				    .proved_us = (NOW - 5) * US,
				    .level = 3, .amr = SLICE("pwd") },
		.created_at = NOW,
	};
	assert_ok(random_bytes(g.id.bytes, 16));
	assert_ok(random_bytes(g.subject_id.bytes, 16));
	assert_ok(random_bytes(g.session_id.bytes, 16));
	return g;
}
