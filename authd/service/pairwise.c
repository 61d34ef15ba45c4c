#include "authd/service/pairwise.h"

#include "authd/model/client.h"
#include "authd/service/sub_overrides.h"
#include "keys/seal.h"
#include "libauth/base/encode.h"

static status pairwise(struct issuer *is, struct slice what, struct slice sector, struct slice id,
		       struct arena *a, struct slice *ret)
{
	AUTO_SECRET struct secret salt;
	uint32_t version;
	TRY(keys_secret(is->keys, SECRET_PAIRWISE, 0, &salt, &version));

	const struct slice parts[] = { what, sector, id };
	uint8_t name[MAC_SIZE];
	TRY(mac(&salt, parts, COUNT_OF(parts), name));

	struct slice text = arena_base64url(a, slice_of(name, sizeof name));
	if (!text.p)
		return ST_NOMEM;
	*ret = text;
	return ST_OK;
}

status pairwise_sub(struct issuer *is, enum subject_kind kind, struct id subject_id,
		    struct slice sector, struct arena *a, struct slice *ret)
{
	struct slice what = kind == SUBJECT_LEGAL ? SLICE("legal person") : SLICE("natural person");
	struct id bearer;
	TRY(sub_bearer(is, subject_id, sector, a, &bearer));
	return pairwise(is, what, sector, id_slice(&bearer), a, ret);
}

/* No sector is empty, so no pairwise name is a public one. */
struct slice client_sub_sector(const struct client *client)
{
	return slice_is(client->subject_type, "public") ? NO_SLICE : client->sector;
}

status client_sub(struct issuer *is, const struct client *client, enum subject_kind kind,
		  struct id subject_id, struct arena *a, struct slice *ret)
{
	return pairwise_sub(is, kind, subject_id, client_sub_sector(client), a, ret);
}

status client_mandate_id(struct issuer *is, const struct client *client, struct id mandate_id, struct arena *a,
			 struct slice *ret)
{
	return pairwise(is, SLICE("mandate"), client_sub_sector(client), id_slice(&mandate_id), a, ret);
}

status pairwise_sid(struct issuer *is, struct id session_id, struct slice sector, struct arena *a,
		    struct slice *ret)
{
	return pairwise(is, SLICE("session"), sector, id_slice(&session_id), a, ret);
}
