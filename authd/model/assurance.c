#include "authd/model/assurance.h"

#include "libauth/base/mem.h"

enum kind { KIND_KNOW = 1, KIND_HAVE = 2, KIND_ARE = 4 };

static const struct {
	const char *word;
	enum kind kind;
	bool cryptographic;
} FACTORS[FACTOR_COUNT] = {
	[FACTOR_PWD] = { "pwd", KIND_KNOW, false }, [FACTOR_OTP] = { "otp", KIND_HAVE, false },
	[FACTOR_FACE] = { "face", KIND_ARE, false }, [FACTOR_HWK] = { "hwk", KIND_HAVE, true },
	[FACTOR_POP] = { "pop", KIND_HAVE, true },
};

static bool counts(const struct factors *f, int factor, int64_t since_us)
{
	return f->shown_us[factor] && f->shown_us[factor] >= since_us;
}

int factors_strength(const struct factors *f, int64_t since_us)
{
	unsigned kinds = 0;
	bool cryptographic = false;
	for (int i = 0; i < FACTOR_COUNT; i++) {
		if (!counts(f, i, since_us))
			continue;
		kinds |= FACTORS[i].kind;
		cryptographic |= FACTORS[i].cryptographic;
	}
	bool several = kinds & (kinds - 1);
	return several ? 2 + cryptographic : kinds != 0;
}

int64_t factors_proved_us(const struct factors *f, int strength)
{
	int64_t best = 0;
	for (int i = 0; i < FACTOR_COUNT; i++) {
		int64_t at = f->shown_us[i];
		if (at > best && factors_strength(f, at) >= strength)
			best = at;
	}
	return best;
}

int64_t factors_latest_us(const struct factors *f)
{
	return factors_proved_us(f, 1);
}

void factors_amr(const struct factors *f, int64_t since_us, struct buf *out)
{
	bool any = false;
	for (int i = 0; i < FACTOR_COUNT; i++) {
		if (!counts(f, i, since_us))
			continue;
		buf_put_text(out, any ? " " : "");
		buf_put_text(out, FACTORS[i].word);
		any = true;
	}
	if (factors_strength(f, since_us) >= 2)
		buf_put_text(out, " mfa");
}

static const struct conf_level *needs(const struct conf *conf, int level)
{
	return &conf->levels.ladder[level - LEVEL_MIN];
}

int64_t assurance_since_us(const struct conf *conf, const struct assurance *a, int level)
{
	bool several = needs(conf, level)->authenticator > 1;
	return several && a->several_us > a->since_us ? a->several_us : a->since_us;
}

bool assurance_reaches(const struct conf *conf, const struct assurance *a, int level)
{
	const struct conf_level *n = needs(conf, level);
	return a->identity >= n->identity && a->federation >= n->federation &&
	       factors_strength(&a->factors, assurance_since_us(conf, a, level)) >= n->authenticator;
}

int assurance_level(const struct conf *conf, const struct assurance *a)
{
	int level = LEVEL_MAX;
	while (level >= LEVEL_MIN && !assurance_reaches(conf, a, level))
		level--;
	return level >= LEVEL_MIN ? level : 0;
}

int assurance_cap(const struct conf *conf, int identity, int level)
{
	while (level >= LEVEL_MIN && identity < needs(conf, level)->identity)
		level--;
	return level >= LEVEL_MIN ? level : 0;
}

enum proof assurance_missing(const struct conf *conf, const struct assurance *a, unsigned enrolled, int level)
{
	/* What can be asked for on a page, in the order in which it is. */
	static const struct {
		enum factor factor;
		enum proof proof;
	} ASKED[] = { { FACTOR_PWD, PROOF_PASSWORD }, { FACTOR_OTP, PROOF_OTP } };
	int64_t since = assurance_since_us(conf, a, level);
	struct assurance with = *a;
	enum proof first = PROOF_ENOUGH;

	for (size_t i = 0; i < COUNT_OF(ASKED) && !assurance_reaches(conf, &with, level); i++) {
		if (!(enrolled & 1U << ASKED[i].factor) || counts(&with.factors, ASKED[i].factor, since))
			continue;
		with.factors.shown_us[ASKED[i].factor] = INT64_MAX;
		first = first == PROOF_ENOUGH ? ASKED[i].proof : first;
	}
	return assurance_reaches(conf, &with, level) ? first : PROOF_OUT_OF_REACH;
}
