#include "authd/service/levels.h"

#include "authd/service/subjects.h"
#include "authd/service/totp.h"

enum { US = 1000000 };

static status enrolled(struct issuer *is, struct id subject_id, unsigned *ret)
{
	bool totp;
	TRY(totp_enrolled(is, subject_id, &totp));
	*ret = 1U << FACTOR_PWD | (totp ? 1U << FACTOR_OTP : 0);
	return ST_OK;
}

status level_find(struct issuer *is, const struct session *s, const struct level_asked *asked, int64_t now_us,
		  struct arena *a, struct level_found *ret)
{
	struct subject subject;
	unsigned factors;
	struct slice name;
	TRY(subjects_get(is, s->subject_id, a, &subject));
	struct level_found f = {
		.assurance = {
			.identity = subject.level,
			.factors = s->factors,
			.federation = s->federation,
			.since_us = asked->since_us,
			.several_us = now_us - is->conf->levels.factor_age_s * US,
		},
		.wanted = acr_request_lowest(is->conf, &asked->acr),
	};
	f.shown = factors_strength(&s->factors, asked->since_us) > 0;
	f.level = assurance_level(is->conf, &f.assurance);
	f.short_of = f.wanted && !acr_request_level(is->conf, &asked->acr, f.level, &name);
	if (f.short_of) {
		TRY(enrolled(is, s->subject_id, &factors));
		f.missing = assurance_missing(is->conf, &f.assurance, factors, f.wanted);
	}
	*ret = f;
	return ST_OK;
}

status level_attest(struct issuer *is, const struct session *s, const struct level_asked *asked,
		    const struct level_found *found, struct arena *a, struct authentication *ret)
{
	const struct conf *conf = is->conf;
	struct authentication at = { .level = found->level, .proved_us = s->proved_us };
	struct slice name;
	int named = acr_request_level(conf, &asked->acr, found->level, &name);
	int64_t since = asked->since_us;
	int strength = 1;
	if (named)
		at.level = named;
	if (named && !slice_equal(name, acr_of_level(named)))
		at.acr = name;
	if (at.level) {
		since = assurance_since_us(conf, &found->assurance, at.level);
		strength = conf->levels.ladder[at.level - LEVEL_MIN].authenticator;
	}
	AUTO_BUF struct buf amr = { 0 };
	factors_amr(&s->factors, since, &amr);
	at.auth_time = factors_proved_us(&s->factors, strength) / US;
	at.amr = buf_finish(&amr, a);
	if (!at.amr.p)
		return ST_NOMEM;
	*ret = at;
	return ST_OK;
}

status level_cap(struct issuer *is, struct grant *g, struct arena *a)
{
	struct subject subject;
	if (!g->authentication.level)
		return ST_OK;
	TRY(subjects_get(is, grant_person(g), a, &subject));
	int level = assurance_cap(is->conf, subject.level, g->authentication.level);
	if (level == g->authentication.level)
		return ST_OK;
	g->authentication.level = level;
	g->authentication.acr = NO_SLICE;
	return ST_OK;
}
