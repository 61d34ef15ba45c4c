/*
 * Rich authorization requests (RFC 9396): what a client asks to be allowed in detail, as a JSON array
 * of objects, each with a `type` that says what else is in it.
 *
 * Types are for the issuer to name (authorization.details_types) and for each client to register
 * (authorization_details_types). Of an object's members, those of §2.2 have to be of their form; what a
 * type means beyond that is between client and resource.                   Threads: pure functions.
 */
#pragma once

#include "authd/model/client.h"
#include "conf/conf.h"
#include "libauth/base/arena.h"
#include "libauth/base/status.h"

/* They travel in each token: 3 KiB are 4 KiB of base64url. Objects, members and items are counted
 * together: whoever is to agree reads them all, and finds the buttons below. */
enum { AUTHORIZATION_DETAILS_MAX = 3072, AUTHORIZATION_DETAILS_N_MAX = 8, AUTHORIZATION_DETAILS_PARTS_MAX = 64 };

/*
 * Check the parameter, and write it as it is kept: compact, members in their alphabetical order, so that
 * equal details are equal bytes. Absent, it is NO_SLICE. In the arena.
 * ST_INVALID: it is not for this issuer or client, with the reason in e.
 */
status authorization_details_read(struct slice text, const struct conf *conf, const struct client *client,
				  struct arena *a, struct slice *ret, struct error *e);

/*
 * What a token request asks of details that were granted (§6.1): each of its objects is one of these,
 * or names fewer locations, actions, datatypes or privileges of it. Both as authorization_details_read()
 * has written them. ST_FORBIDDEN: it asks for more.
 */
status authorization_details_within(struct slice granted, struct slice asked);

/*
 * What a token for this audience tells (§9): not what is for other resources of its client alone. Words;
 * NO_SLICE: nothing is left.
 */
status authorization_details_for(struct slice granted, struct slice audience, const struct client *client,
				 struct slice issuer, struct arena *a, struct slice *ret);

/* An object as a page tells of it. */
struct authorization_detail {
	struct slice type;
	const struct authorization_detail_member {
		struct slice name;
		const struct slice *values; /* a list's texts one by one; what is no text as JSON */
		size_t n;
	} *members; /* but for `type` */
	size_t n;
};
status authorization_details_list(struct slice granted, struct arena *a,
				  struct authorization_detail **ret, size_t *ret_n);
