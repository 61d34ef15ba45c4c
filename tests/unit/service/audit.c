/*
 * The check of the audit: in a chain of AUDIT_ENTRIES (10,000), one thing is wrong somewhere, and the finding
 * names the place. Checkpoints, exports and pruning against a real store.
 */
#include "tests/unit/service/fixture.h"

#include "authd/service/audit.h"
#include "authd/service/audit_check.h"
#include "authd/service/audit_checkpoints.h"
#include "authd/service/audit_prune.h"
#include "authd/service/foreign_jwt.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { ENTRIES = 10000, CHECKPOINTS = 20, ROUNDS = 25 };

/* ---- a chain in memory ----------------------------------------------------------------------------- */

struct chain {
	struct fixture *f;
	struct auth_keyset *keys;
	size_t n;
	uint8_t *bytes;
	size_t *starts; /* n + 1 of them; entry k is between starts[k - 1] and starts[k] */
	size_t room;
	struct audit_chain *ends; /* of each entry */
	struct slice outside[CHECKPOINTS];
	size_t outside_n;
	uint64_t random;
};

static uint64_t draw(struct chain *c, uint64_t below)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	return c->random % below;
}

static struct slice line_of(const struct chain *c, uint64_t k)
{
	return slice_of(c->bytes + c->starts[k - 1], c->starts[k] - c->starts[k - 1]);
}

static struct slice checkpoint_over(struct chain *c, const struct audit_chain *end)
{
	struct slice token;
	const struct audit_statement s = { .issued_at = NOW, .last = *end };
	assert_ok(audit_statement_sign(&c->f->issuer, STATEMENT_CHECKPOINT, &s, &c->f->arena, &token));
	return token;
}

static struct slice entry_of(struct chain *c, size_t k, const struct audit_chain *end, struct buf *out)
{
	struct audit_entry e = { .event = "grant.refresh",
				 .client_id = SLICE("portal"),
				 .session = { { (uint8_t)k, 1 } } };
	if (k > 1 && k % (c->n / CHECKPOINTS) == 0) {
		struct slice token = checkpoint_over(c, end);
		e = (struct audit_entry){ .event = "audit.checkpoint", .checkpoint = token };
		if (c->outside_n < CHECKPOINTS)
			c->outside[c->outside_n++] = token;
	}
	assert_ok(audit_encode(&e, out));
	return buf_slice(out);
}

static void add(struct chain *c, size_t k, struct slice line)
{
	if (c->starts[k - 1] + line.n > c->room) {
		c->room = 2 * (c->room + line.n);
		c->bytes = realloc(c->bytes, c->room);
		assert_non_null(c->bytes);
	}
	memcpy(c->bytes + c->starts[k - 1], line.p, line.n);
	c->starts[k] = c->starts[k - 1] + line.n;
}

static void build(struct chain *c)
{
	struct audit_chain end = { 0 };
	for (size_t k = 1; k <= c->n; k++) {
		uint8_t key[AUDIT_KEY_SIZE];
		AUTO_BUF struct buf entry = { 0 }, value = { 0 };
		struct slice text = entry_of(c, k, &end, &entry);
		assert_ok(audit_chain_append(&end, AUDIT_SHA256, NOW + (int64_t)k, text, key, &value));
		add(c, k, buf_slice(&value));
		c->ends[k] = end;
	}
}

static int chain_setup(void **state)
{
	void *fixture;
	struct slice archive;
	const char *wanted = getenv("AUDIT_ENTRIES");
	struct chain *c = calloc(1, sizeof *c);
	assert_non_null(c);
	fixture_setup(&fixture);
	c->f = fixture;
	c->n = wanted ? strtoul(wanted, NULL, 10) : ENTRIES;
	c->random = UINT64_C(88172645463325252);
	c->starts = calloc(c->n + 1, sizeof *c->starts);
	c->ends = calloc(c->n + 1, sizeof *c->ends);
	assert_true(c->n >= 1000 && c->starts && c->ends);
	assert_ok(keys_archive(c->f->issuer.keys, &c->f->arena, &archive));
	assert_int_equal(auth_keyset_from_json(archive.p, archive.n, &c->keys, NULL), AUTH_OK);
	build(c);
	*state = c;
	return 0;
}

static int chain_teardown(void **state)
{
	struct chain *c = *state;
	void *fixture = c->f;
	auth_keyset_free(c->keys);
	free(c->bytes);
	free(c->starts);
	free(c->ends);
	free(c);
	return fixture_teardown(&fixture);
}

/* ---- looking at it with one thing wrong -------------------------------------------------------------- */

static struct audit_check *begin(struct chain *c)
{
	struct audit_check *check;
	assert_ok(audit_check_new(c->f->conf.issuer, c->keys, NOW + (int64_t)c->n, &check, NULL));
	audit_check_begin(check, (struct audit_chain){ 0 }, true);
	return check;
}

static void feed(struct chain *c, struct audit_check *check, uint64_t first, uint64_t last)
{
	for (uint64_t k = first; k <= last; k++)
		assert_ok(audit_check_entry(check, line_of(c, k)));
}

static void end(struct chain *c, struct audit_check *check)
{
	assert_ok(audit_check_end(check, &c->ends[c->n], true));
}

static const struct audit_finding *findings(const struct audit_check *check, size_t n)
{
	size_t found;
	const struct audit_finding *f = audit_check_findings(check, &found);
	if (found != n)
		fail_msg("%zu findings, not %zu; the first: %s", found, n, found ? f->text : "none");
	return f;
}

static void assert_finding(const struct audit_finding *f, enum audit_finding_kind kind, uint64_t first, uint64_t last)
{
	if (f->kind != kind || f->first != first || f->last != last)
		fail_msg("%s %llu to %llu, not %s %llu to %llu: %s", audit_finding_name(f->kind),
			 (unsigned long long)f->first, (unsigned long long)f->last, audit_finding_name(kind),
			 (unsigned long long)first, (unsigned long long)last, f->text);
}

static void assert_one(struct audit_check *check, enum audit_finding_kind kind, uint64_t first, uint64_t last)
{
	assert_finding(findings(check, 1), kind, first, last);
	audit_check_free(check);
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void a_whole_chain_has_no_findings(void **state)
{
	struct chain *c = *state;
	struct rusage before, after;
	getrusage(RUSAGE_SELF, &before);
	double began = seconds();
	struct audit_check *check = begin(c);
	feed(c, check, 1, c->n);
	end(c, check);
	getrusage(RUSAGE_SELF, &after);
	print_message("%zu entries in %.2f s; the check took %ld KiB\n", c->n, seconds() - began,
		      after.ru_maxrss - before.ru_maxrss);
	(void)findings(check, 0);
	struct audit_check_counts n = audit_check_counts(check);
	assert_int_equal(n.entries, c->n);
	assert_int_equal(n.checkpoints, CHECKPOINTS);
	assert_int_equal(n.unknown, 0);
	audit_check_free(check);
}

static size_t rounds(const struct chain *c) { return c->n > ENTRIES ? 3 : ROUNDS; }

/* One byte of entry k, at this place of its line, is another one. */
static struct audit_check *with_byte(struct chain *c, uint64_t k, size_t at)
{
	struct audit_check *check = begin(c);
	uint8_t *p = c->bytes + c->starts[k - 1] + at;
	feed(c, check, 1, k - 1);
	*p ^= 1;
	feed(c, check, k, k);
	*p ^= 1;
	feed(c, check, k + 1, c->n);
	end(c, check);
	return check;
}

static bool is_checkpoint(const struct chain *c, uint64_t k) { return k > 1 && k % (c->n / CHECKPOINTS) == 0; }

static void an_altered_entry_is_named(void **state)
{
	struct chain *c = *state;
	const uint64_t edges[] = { 1, 2, c->n - 1, c->n - 2 };
	for (size_t i = 0; i < rounds(c) + COUNT_OF(edges); i++) {
		uint64_t k = i < COUNT_OF(edges) ? edges[i] : 1 + draw(c, c->n);
		struct slice line = line_of(c, k);
		size_t prev = (size_t)((const uint8_t *)memmem(line.p, line.n, "sha256:", 7) - line.p) + 7;
		size_t entry = (size_t)((const uint8_t *)memmem(line.p, line.n, "entry", 5) - line.p) + 7;
		if (is_checkpoint(c, k))
			continue; /* its signature would be a second finding */
		/* A digit of the hash may become a letter, which is no digit: found too. */
		assert_one(with_byte(c, k, prev + draw(c, 64)), AUDIT_ALTERED, k, k);
		assert_one(with_byte(c, k, entry + 11 + draw(c, line.n - entry - 13)), AUDIT_ALTERED, k, k);
	}
	/* The last one, by the head. */
	if (!is_checkpoint(c, c->n))
		assert_one(with_byte(c, c->n, line_of(c, c->n).n - 4), AUDIT_ALTERED, c->n, c->n);
}

/* Any byte at all: some finding is about that place. */
static void any_byte_is_noticed(void **state)
{
	struct chain *c = *state;
	for (size_t i = 0; i < rounds(c); i++) {
		uint64_t k = 1 + draw(c, c->n);
		struct audit_check *check = with_byte(c, k, draw(c, line_of(c, k).n));
		size_t n, near = 0;
		const struct audit_finding *f = audit_check_findings(check, &n);
		for (size_t j = 0; j < n; j++)
			near += f[j].first <= k && k <= f[j].last;
		assert_true(near > 0);
		audit_check_free(check);
	}
}

static void removed_entries_are_named(void **state)
{
	struct chain *c = *state;
	for (size_t i = 0; i < rounds(c); i++) {
		uint64_t k = 2 + draw(c, c->n - 12), n = 1 + draw(c, 10);
		struct audit_check *check = begin(c);
		feed(c, check, 1, k - 1);
		feed(c, check, k + n, c->n);
		end(c, check);
		assert_one(check, AUDIT_MISSING, k, k + n - 1);
	}
}

static void both_ends_are_looked_at(void **state)
{
	struct chain *c = *state;
	for (size_t i = 0; i < rounds(c); i++) {
		uint64_t n = 1 + draw(c, c->n - 1);
		struct audit_check *check = begin(c);
		feed(c, check, 1, c->n - n);
		end(c, check);
		assert_one(check, AUDIT_CUT_OFF, c->n - n + 1, c->n);
		check = begin(c);
		feed(c, check, n + 1, c->n);
		end(c, check);
		assert_one(check, AUDIT_MISSING, 1, n);
	}
	struct audit_check *check = begin(c);
	end(c, check);
	assert_one(check, AUDIT_CUT_OFF, 1, c->n);
	/* More than the head knows of. */
	check = begin(c);
	feed(c, check, 1, c->n);
	assert_ok(audit_check_end(check, &c->ends[c->n - 3], true));
	assert_one(check, AUDIT_UNSIGNED, c->n - 2, c->n);
}

static void moved_entries_are_named(void **state)
{
	struct chain *c = *state;
	for (size_t i = 0; i < rounds(c); i++) {
		uint64_t k = 2 + draw(c, c->n / 2), m = k + 2 + draw(c, c->n / 2 - 6);
		/* Neighbours. */
		struct audit_check *check = begin(c);
		feed(c, check, 1, k - 1);
		feed(c, check, k + 1, k + 1);
		feed(c, check, k, k);
		feed(c, check, k + 2, c->n);
		end(c, check);
		assert_one(check, AUDIT_MISPLACED, k + 1, k + 1);
		/* Two that are far apart. */
		check = begin(c);
		feed(c, check, 1, k - 1);
		feed(c, check, m, m);
		feed(c, check, k + 1, m - 1);
		feed(c, check, k, k);
		feed(c, check, m + 1, c->n);
		end(c, check);
		const struct audit_finding *f = findings(check, 2);
		assert_finding(&f[0], AUDIT_MISPLACED, k, k);
		assert_finding(&f[1], AUDIT_MISPLACED, m, m);
		audit_check_free(check);
		/* One alone, backward. */
		check = begin(c);
		feed(c, check, 1, k - 1);
		feed(c, check, k + 1, m);
		feed(c, check, k, k);
		feed(c, check, m + 1, c->n);
		end(c, check);
		assert_one(check, AUDIT_MISPLACED, k, k);
	}
}

static void inserted_entries_are_named(void **state)
{
	struct chain *c = *state;
	for (size_t i = 0; i < rounds(c); i++) {
		uint64_t k = 2 + draw(c, c->n - 4);
		struct audit_check *check = begin(c);
		feed(c, check, 1, k);
		feed(c, check, k, k);
		feed(c, check, k + 1, c->n);
		end(c, check);
		assert_one(check, AUDIT_REPEATED, k, k);
		/* Made to fit what is before it: then what is behind does not. */
		struct audit_chain forged = c->ends[k - 1];
		uint8_t key[AUDIT_KEY_SIZE];
		AUTO_BUF struct buf value = { 0 };
		assert_ok(audit_chain_append(&forged, AUDIT_SHA256, NOW, SLICE("{\"event\":\"x\"}"), key, &value));
		check = begin(c);
		feed(c, check, 1, k - 1);
		assert_ok(audit_check_entry(check, buf_slice(&value)));
		feed(c, check, k, c->n);
		end(c, check);
		const struct audit_finding *f = findings(check, 2);
		assert_finding(&f[0], AUDIT_ALTERED, k, k);
		assert_finding(&f[1], AUDIT_REPEATED, k, k);
		audit_check_free(check);
	}
}

/* The whole chain from k on, by somebody who knows how but has no key. */
static void a_chain_made_anew_meets_the_checkpoints(void **state)
{
	struct chain *c = *state;
	for (size_t i = 0; i < 3; i++) {
		uint64_t step = c->n / CHECKPOINTS, k = 2 + draw(c, c->n - 2 * step);
		struct audit_chain forged = c->ends[k - 1];
		struct audit_check *check = begin(c);
		feed(c, check, 1, k - 1);
		for (uint64_t j = k; j <= c->n; j++) {
			struct audit_line line;
			uint8_t key[AUDIT_KEY_SIZE];
			AUTO_BUF struct buf value = { 0 };
			assert_ok(audit_line_parse(line_of(c, j), &line));
			struct slice entry = j == k ? SLICE("{\"event\":\"nothing\"}") : line.entry;
			assert_ok(audit_chain_append(&forged, AUDIT_SHA256, line.at, entry, key, &value));
			assert_ok(audit_check_entry(check, buf_slice(&value)));
		}
		assert_ok(audit_check_end(check, &forged, true)); /* a head of theirs, even */
		const struct audit_finding *f = findings(check, 1);
		assert_int_equal(f->kind, AUDIT_CONTRADICTED);
		assert_in_range(k, f->first, f->last);
		assert_true(f->last - f->first <= 2 * step);
		audit_check_free(check);
	}
}

static void older_records_meet_the_checkpoints_outside(void **state)
{
	struct chain *c = *state;
	uint64_t step = c->n / CHECKPOINTS, back = 3 * step + step / 2;
	struct audit_check *check;
	assert_ok(audit_check_new(c->f->conf.issuer, c->keys, NOW + (int64_t)c->n, &check, NULL));
	for (size_t i = c->outside_n; i--;)
		assert_ok(audit_check_outside(check, c->outside[i]));
	audit_check_begin(check, (struct audit_chain){ 0 }, true);
	feed(c, check, 1, back);
	assert_ok(audit_check_end(check, &c->ends[back], true));
	assert_one(check, AUDIT_CONTRADICTED, back + 1, 4 * step - 1);
	/* An export ends where it ends. */
	assert_ok(audit_check_new(c->f->conf.issuer, c->keys, NOW + (int64_t)c->n, &check, NULL));
	for (size_t i = 0; i < c->outside_n; i++)
		assert_ok(audit_check_outside(check, c->outside[i]));
	audit_check_begin(check, (struct audit_chain){ 0 }, true);
	feed(c, check, 1, back);
	assert_ok(audit_check_end(check, &c->ends[back], false));
	(void)findings(check, 0);
	/* What is no checkpoint is a finding, too. */
	assert_ok(audit_check_outside(check, SLICE("e30.e30.e30")));
	(void)findings(check, 1);
	audit_check_free(check);
}

/* ---- with a store -------------------------------------------------------------------------------------- */

static status note(struct fixture *f, const char *event)
{
	struct batch *b = new_batch(f);
	assert_ok(audit_write(b, &(struct audit_entry){ .event = event }));
	return commit(f, b);
}

static const char *begin_store(struct fixture *f)
{
	struct error e = { 0 };
	const char *broken = NULL;
	if (audit_begin(&f->issuer, time(NULL), &f->arena, &broken, &e) != ST_OK)
		fail_msg("%s", e.message);
	return broken;
}

static void put_aside(const char *from, const char *to)
{
	char command[512];
	snprintf(command, sizeof command, "rm -rf %s && cp -r %s %s", to, from, to);
	assert_int_equal(system(command), 0);
}

static void older_records_are_seen_at_start(void **state)
{
	struct fixture *f = *state;
	char aside[128];
	snprintf(aside, sizeof aside, "%s/aside", f->dir);
	assert_null(begin_store(f));
	assert_ok(note(f, "one"));
	assert_null(begin_store(f));
	put_aside(f->records_dir, aside);
	assert_ok(note(f, "two"));
	assert_null(begin_store(f));
	put_aside(aside, f->records_dir);
	fixture_reopen(f);
	const char *broken = begin_store(f);
	assert_non_null(broken);
	assert_non_null(strstr(broken, "older records were put back"));
	/* And again, since another entry has that number now. */
	assert_null(begin_store(f));
}

static void an_export_lets_old_entries_leave(void **state)
{
	struct fixture *f = *state;
	struct slice seal;
	struct audit_chain before, after;
	struct error e = { 0 };
	int64_t now = time(NULL);
	f->conf.audit.keep_s = 184 * 86400;
	assert_null(begin_store(f));
	for (int k = 0; k < 8; k++)
		assert_ok(note(f, "put"));
	assert_int_equal(audit_export_seal(&f->issuer, 1, 99, now, &f->arena, &seal, &e), ST_NOT_FOUND);
	assert_ok(audit_export_seal(&f->issuer, 1, 5, now, &f->arena, &seal, &e));
	/* Too young, all of them. */
	assert_int_equal(audit_prune(&f->issuer, seal, now, &before, &after, &e), ST_INVALID);
	assert_int_equal(audit_prune(&f->issuer, seal, now + 183 * 86400, &before, &after, &e), ST_INVALID);
	/* No seal. */
	assert_int_equal(audit_prune(&f->issuer, SLICE("e30.e30.e30"), now, &before, &after, &e), ST_INVALID);
	/* A gap would be left. */
	struct slice later;
	assert_ok(audit_export_seal(&f->issuer, 3, 5, now, &f->arena, &later, &e));
	now += 185 * 86400;
	assert_int_equal(audit_prune(&f->issuer, later, now, &before, &after, &e), ST_INVALID);
	assert_non_null(strstr(e.message, "begins with entry 3"));
	assert_ok(audit_prune(&f->issuer, seal, now, &before, &after, &e));
	assert_int_equal(before.seq, 0);
	assert_int_equal(after.seq, 5);
	assert_int_equal(audit_prune(&f->issuer, seal, now, &before, &after, &e), ST_INVALID);
	struct audit_head head;
	struct slice value;
	assert_ok(audit_head_get(&f->issuer, &head));
	assert_int_equal(head.pruned.seq, 5);
	assert_int_equal(audit_entry_get(&f->issuer, 5, &f->arena, &value), ST_NOT_FOUND);
	/* Now an export may begin with what is left. */
	assert_ok(audit_export_seal(&f->issuer, 6, head.last.seq, now, &f->arena, &later, &e));
	assert_int_equal(audit_prune(&f->issuer, later, now, &before, &after, &e), ST_INVALID);
	assert_non_null(strstr(e.message, "last entry of all"));
	assert_null(begin_store(f));
}

int main(void)
{
#define CHAIN(name) cmocka_unit_test(name)
#define STORE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest chain[] = {
		CHAIN(a_whole_chain_has_no_findings),
		CHAIN(an_altered_entry_is_named),
		CHAIN(any_byte_is_noticed),
		CHAIN(removed_entries_are_named),
		CHAIN(both_ends_are_looked_at),
		CHAIN(moved_entries_are_named),
		CHAIN(inserted_entries_are_named),
		CHAIN(a_chain_made_anew_meets_the_checkpoints),
		CHAIN(older_records_meet_the_checkpoints_outside),
	};
	const struct CMUnitTest store[] = {
		STORE(older_records_are_seen_at_start),
		STORE(an_export_lets_old_entries_leave),
	};
	int failed = cmocka_run_group_tests(chain, chain_setup, chain_teardown);
	return failed + cmocka_run_group_tests(store, NULL, NULL);
}
