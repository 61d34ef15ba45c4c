#include "authd/service/sign_out.h"

#include "authd/service/consents.h"
#include "authd/service/credentials.h"
#include "authd/service/families.h"
#include "authd/service/marks.h"
#include "authd/service/sessions.h"

#include <time.h>

/*
 * The clock is read here, since a request may have waited for a password to be hashed: what was got
 * in the meantime ends, too. What comes between here and the commit was authenticated before, or
 * finds at its own commit that person or password have changed.
 */
status sign_out_everywhere(struct issuer *is, struct batch *b, struct id subject_id,
			   struct id except, struct arena *a, int64_t *ret_us)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	int64_t now_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
	mark_put_subject(is, b, subject_id, now_us);
	TRY(sessions_end_others(is, b, subject_id, except, t.tv_sec, a));
	if (ret_us)
		*ret_us = now_us;
	return ST_OK;
}

status quit_everything(struct issuer *is, struct batch *b, struct id subject_id, int64_t now,
		       struct arena *a)
{
	struct family *families;
	size_t n;
	TRY(families_of(is, subject_id, now, a, &families, &n));
	for (size_t k = 0; k < n; k++)
		family_end(is, b, &families[k].grant, now);
	TRY(consents_forget(is, b, subject_id, a));
	credentials_forget(b, subject_id);
	return sign_out_everywhere(is, b, subject_id, (struct id){ 0 }, a, NULL);
}
