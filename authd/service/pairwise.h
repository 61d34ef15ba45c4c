/*
 * What a sector calls a person or a session: `sub` and `sid` (OIDC Core §8.1).
 * Two sectors cannot tell that they see the same person; one sector always sees the same name, also
 * when two records of a person were merged (sub_overrides.h).
 */
#pragma once

#include "authd/model/id.h"
#include "authd/model/subject.h"
#include "authd/service/issuer.h"

struct client;

/* The sector under whose name a client sees people: absent with subject_type "public". */
struct slice client_sub_sector(const struct client *client);
/* The `sub` that a client sees: its sector's, or with subject_type "public" the one that all such
 * clients see. 43 characters of base64url. */
status client_sub(struct issuer *is, const struct client *client, enum subject_kind kind,
		  struct id subject_id, struct arena *a, struct slice *ret);
status pairwise_sub(struct issuer *is, enum subject_kind kind, struct id subject_id,
		    struct slice sector, struct arena *a, struct slice *ret);
/* What a client calls a mandate. */
status client_mandate_id(struct issuer *is, const struct client *client, struct id mandate_id, struct arena *a,
			 struct slice *ret);
status pairwise_sid(struct issuer *is, struct id session_id, struct slice sector, struct arena *a,
		    struct slice *ret);
