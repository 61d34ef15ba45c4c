/*
 * The level of a session, for whoever asks for one: from its factors and the person's record, by the
 * ladder of the settings (authd/model/assurance.h).                      Threads: all may call.
 */
#pragma once

#include "authd/model/state.h"
#include "authd/service/acr_request.h"
#include "authd/service/issuer.h"

/* What a request makes of a session. */
struct level_asked {
	struct acr_request acr;
	int64_t since_us; /* a factor that was shown before does not count (max_age, prompt=login); 0: any */
};

struct level_found {
	struct assurance assurance;
	bool shown; /* any factor at all, since then */
	int level;  /* the highest that is reached; 0: none */
	int wanted; /* the lowest that was asked for; 0: none was */
	bool short_of; /* it is not reached, nor is a higher one */
	enum proof missing; /* for that one */
};

/* ST_NOT_FOUND: the person is no more. */
status level_find(struct issuer *is, const struct session *s, const struct level_asked *asked, int64_t now_us,
		  struct arena *a, struct level_found *ret);

/*
 * What tokens are to say of it: a level that was asked for is named, by that name, even where the person
 * has a higher one (OIDC Core §5.5.1.1); else the highest. auth_time is when the last of what that level
 * rests on was shown that has been shown longest ago.
 */
status level_attest(struct issuer *is, const struct session *s, const struct level_asked *asked,
		    const struct level_found *found, struct arena *a, struct authentication *ret);

/* A grant lives on while the person's record may sink: its level sinks with it. ST_NOT_FOUND. */
status level_cap(struct issuer *is, struct grant *g, struct arena *a);
