/* suites: what a signature of each algorithm, and sealing, opening and MAC of each suite cost keys/, in
 * microseconds of processor: the mean of a round, the best of many, since other work can only add. */
#include "keys/seal.h"
#include "keys/signer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 20, PAYLOAD = 600, RECORD = 512 };

struct bench {
	struct signer *signer;
	struct secret key;
	struct slice payload, record, sealed;
};

typedef status work(struct bench *b, struct arena *a);

static status sign(struct bench *b, struct arena *a)
{
	(void)a;
	AUTO_BUF struct buf token = { 0 };
	return signer_sign(b->signer, "at+jwt", b->payload, &token);
}

static status do_seal(struct bench *b, struct arena *a)
{
	struct slice unused;
	return seal(&b->key, SLICE("a place of some bytes"), b->record, a, &unused);
}

static status do_unseal(struct bench *b, struct arena *a)
{
	struct slice unused;
	return unseal(&b->key, SLICE("a place of some bytes"), b->sealed, a, &unused);
}

static status do_seal_wide(struct bench *b, struct arena *a)
{
	struct slice unused;
	return seal_wide(&b->key, SLICE("a place of some bytes"), b->record, a, &unused);
}

static status do_mac(struct bench *b, struct arena *a)
{
	(void)a;
	const struct slice parts[] = { SLICE("number"), SLICE("11010519491231002X") };
	uint8_t unused[MAC_SIZE];
	return mac(&b->key, parts, COUNT_OF(parts), unused);
}

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static status round_us(work *w, struct bench *b, int times, double *ret)
{
	AUTO_ARENA struct arena a = { 0 };
	double begun = cpu_us();
	for (int i = 0; i < times; i++) {
		TRY(w(b, &a));
		arena_reset(&a);
	}
	*ret = (cpu_us() - begun) / times;
	return ST_OK;
}

static status show(const char *name, work *w, struct bench *b, int times)
{
	double best = 0, us;
	for (int i = 0; i < ROUNDS; i++) {
		TRY(round_us(w, b, times, &us));
		best = i == 0 || us < best ? us : best;
	}
	printf("%-28s %9.2f us\n", name, best);
	return ST_OK;
}

static status show_signatures(struct bench *b)
{
	for (enum key_algorithm alg = 0; alg < KEY_ALGORITHM_COUNT; alg++) {
		AUTO_ARENA struct arena a = { 0 };
		AUTO(signer) struct signer *signer = NULL;
		struct ring_key key = { .algorithm = alg };
		TRY(keypair_generate(alg, &a, &key.pair));
		TRY(keypair_kid(alg, key.pair.public_key, key.kid));
		TRY(signer_new(&key, &signer));
		b->signer = signer;
		TRY(show(key_algorithm_name(alg), sign, b, 200));
	}
	return ST_OK;
}

static status show_suite(struct bench *b, enum suite suite)
{
	static const char *const NAMES[] = { "international", "sm" };
	AUTO_ARENA struct arena a = { 0 };
	b->key = (struct secret){ .bytes = { 1 }, .suite = suite };
	TRY(seal(&b->key, SLICE("a place of some bytes"), b->record, &a, &b->sealed));
	printf("%s\n", NAMES[suite]);
	TRY(show("  seal 512 bytes", do_seal, b, 20000));
	TRY(show("  open 512 bytes", do_unseal, b, 20000));
	TRY(show("  seal wide 512 bytes", do_seal_wide, b, 20000));
	return show("  mac of a number", do_mac, b, 20000);
}

int main(void)
{
	static uint8_t bytes[PAYLOAD];
	memset(bytes, 'x', sizeof bytes);
	struct bench b = { .payload = slice_of(bytes, PAYLOAD), .record = slice_of(bytes, RECORD) };
	status s = show_signatures(&b);
	for (enum suite suite = 0; s == ST_OK && suite < SUITE_COUNT; suite++)
		s = show_suite(&b, suite);
	return s != ST_OK;
}
