#include "authd/service/tokens.h"

#include "authd/service/acr_request.h"
#include "authd/service/acting.h"
#include "authd/service/claim_rights.h"
#include "authd/service/claims_request.h"
#include "authd/service/deferred.h"
#include "authd/service/handle.h"
#include "authd/service/key_policy.h"
#include "authd/service/pairwise.h"
#include "authd/service/status_lists.h"
#include "authd/service/subjects.h"
#include "keys/seal.h"
#include "libauth/base/encode.h"
#include "libauth/base/json_writer.h"

#include <sodium.h>

const char TOKEN_CLAIMS[] = "iss sub aud exp iat auth_time nonce acr amr sid at_hash sub_type act";

status token_sub(struct issuer *is, const struct grant *g,
		 const struct client *client, struct arena *a, struct slice *ret)
{
	/* RFC 9068 §2.2: where no resource owner is involved, sub is the client. */
	if (id_is_zero(g->subject_id)) {
		*ret = g->ancestors_n ? g->ancestors[0].client_id : client->client_id;
		return ST_OK;
	}
	return client_sub(is, client, g->kind, g->subject_id, a, ret);
}

static void write_authentication(struct json_writer *w, const struct grant *g)
{
	const struct authentication *a = &g->authentication;
	/* Not of a client itself, nor of a person who was not here but in an assertion. */
	if (id_is_zero(g->subject_id) || a->auth_time <= 0)
		return;
	json_number(w, "auth_time", a->auth_time);
	if (a->level)
		json_text(w, "acr", a->acr.n ? a->acr : acr_of_level(a->level));
	json_words(w, "amr", a->amr);
}

/* RFC 8693 §4.1: who acts now is outermost, who acted before within. */
static status write_act(struct issuer *is, struct json_writer *w, const struct grant *g,
			const struct client *client, struct arena *a)
{
	size_t depth = 0;
	for (size_t i = g->ancestors_n; i-- > 0;) {
		const struct ancestor *actor = &g->ancestors[i];
		struct slice sub = actor->client_id;
		if (!actor->acts)
			continue;
		if (!id_is_zero(actor->subject_id))
			TRY(client_sub(is, client, actor->kind, actor->subject_id, a, &sub));
		json_begin_object(w, "act");
		json_text(w, "sub", sub);
		if (actor->by_mandate)
			TRY(acting_write(w, is, client, actor->grant_id, a));
		depth++;
	}
	while (depth--)
		json_end(w);
	return ST_OK;
}

/* RFC 7800 §3.1, RFC 9449 §6.1, RFC 8705 §3.1 */
void confirmation_write(struct json_writer *w, struct slice dpop_jkt, struct slice x5t_s256)
{
	if (!dpop_jkt.n && !x5t_s256.n)
		return;
	json_begin_object(w, "cnf");
	if (dpop_jkt.n)
		json_text(w, "jkt", dpop_jkt);
	if (x5t_s256.n)
		json_text(w, "x5t#S256", x5t_s256);
	json_end(w);
}

/* Token Status List §6.2 */
static void write_status(struct json_writer *w, const struct status_place *place)
{
	json_begin_object(w, "status");
	json_begin_object(w, "status_list");
	json_number(w, "idx", place->index);
	json_text(w, "uri", place->uri);
	json_end(w);
	json_end(w);
}

void audience_write(struct json_writer *w, struct slice audience)
{
	struct slice rest = audience, first;
	if (slice_next_word(&rest, &first) && slice_empty(rest))
		json_text(w, "aud", first);
	else
		json_words(w, "aud", audience);
}

static int64_t expires_at(const struct grant *g, int64_t at)
{
	return g->expires_at && g->expires_at < at ? g->expires_at : at;
}

int64_t access_token_expires_at(const struct issuer *is, const struct grant *g, int64_t now)
{
	return expires_at(g, now + is->conf->life.access_token_s);
}

/* It was checked before the grant was made. */
static status read_claims(const struct grant *g, const struct client *client, struct arena *a,
			  struct claims_request *ret)
{
	status s = claims_request_read(g->claims, client, a, ret);
	return s == ST_INVALID ? ST_CORRUPT : s;
}

/* What userinfo may tell to who brings the token: it is for the issuer, then. */
static status userinfo_release(struct issuer *is, const struct grant *g, const struct client *client,
			       struct slice scope, struct arena *a, claim_set *ret)
{
	struct claims_request asked;
	*ret = 0;
	if (!g->agreed || !slice_has_word(g->audience, is->iss))
		return ST_OK;
	TRY(read_claims(g, client, a, &asked));
	*ret = (claims_of_scope(scope) | asked.userinfo) & g->agreed & claims_allowed(client);
	return ST_OK;
}

status access_token_prepare(struct issuer *is, const struct grant *g,
			    const struct client *client, struct slice scope, int64_t now,
			    struct arena *a, struct sign_job *ret)
{
	struct handle handle = { g->id, g->session_id, g->subject_id, cache_epoch(is->cache),
				 g->authentication.proved_us, 0, g->ancestors, g->ancestors_n };
	struct slice jti, sub;
	struct status_place place;
	TRY(userinfo_release(is, g, client, scope, a, &handle.claims));
	TRY(handle_seal(is, &handle, a, &jti));
	TRY(token_sub(is, g, client, a, &sub));
	TRY(status_lists_take(is->status_lists, &handle, jti, client->client_id, now, a, &place));

	AUTO_BUF struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "iss", is->iss);
	json_text(&w, "sub", sub);
	audience_write(&w, g->audience);
	json_number(&w, "exp", access_token_expires_at(is, g, now));
	json_number(&w, "iat", now);
	json_text(&w, "jti", jti);
	json_text(&w, "client_id", client->client_id);
	if (scope.n)
		json_text(&w, "scope", scope);
	json_raw(&w, "authorization_details", g->authorization_details); /* RFC 9396 §9.1 */
	if (g->kind == SUBJECT_LEGAL)
		json_text(&w, "sub_type", SLICE("legal_person"));
	write_authentication(&w, g);
	TRY(write_act(is, &w, g, client, a));
	confirmation_write(&w, g->dpop_jkt, g->x5t_s256);
	write_status(&w, &place);
	json_end(&w);

	struct sign_job job = { .algorithm = token_algorithm_of(is->conf), .type = "at+jwt" };
	job.payload = buf_finish(&json, a);
	if (!job.payload.p)
		return ST_NOMEM;
	*ret = job;
	return ST_OK;
}

/* The left half of the token's hash, in the hash of the ID token's algorithm (OIDC Core §3.1.3.6;
 * SHA-512 for Ed25519, SM3 for SM2). */
static status at_hash(enum key_algorithm algorithm, struct slice access_token, struct arena *a,
		      struct slice *ret)
{
	uint8_t hash[crypto_hash_sha512_BYTES];
	bool wide = algorithm == KEY_EDDSA;
	if (wide)
		crypto_hash_sha512(hash, access_token.p, access_token.n);
	else
		TRY(algorithm == KEY_SM2 ? sm3(access_token, hash) : sha256(access_token, hash));
	struct slice text = arena_base64url(a, slice_of(hash, wide ? 32 : 16));
	if (!text.p)
		return ST_NOMEM;
	*ret = text;
	return ST_OK;
}

status id_token_release(const struct grant *g, const struct client *client, struct arena *a,
			claim_set *ret)
{
	struct claims_request asked;
	TRY(read_claims(g, client, a, &asked));
	*ret = asked.id_token & g->agreed & claims_allowed(client);
	return ST_OK;
}

/* OIDC Core §5.5: what `id_token` asks for, as far as it is known. */
static status write_person(struct json_writer *w, struct issuer *is, const struct grant *g,
			   const struct client *client, int64_t now, struct arena *a)
{
	claim_set release;
	struct subject subject;
	TRY(id_token_release(g, client, a, &release));
	if (!release)
		return ST_OK;
	status s = subjects_get(is, g->subject_id, a, &subject);
	if (s != ST_OK)
		return s == ST_NOT_FOUND ? ST_FORBIDDEN : s;
	claims_write(w, &subject, release, now);
	return ST_OK;
}

status id_token_prepare(struct issuer *is, const struct grant *g,
			const struct client *client, struct slice nonce, struct slice access_token,
			int64_t now, struct arena *a, struct sign_job *ret)
{
	struct sign_job job = { .type = "JWT" };
	if (key_algorithm_parse(client->id_token_signed_response_alg, &job.algorithm) != ST_OK)
		return ST_CORRUPT;

	const struct handle handle = { g->id, g->session_id, g->subject_id, cache_epoch(is->cache),
				       g->authentication.proved_us };
	struct slice sub, hash, jti = NO_SLICE, sid = NO_SLICE;
	/* As a hint it stands for one person, not for one who acts for another. */
	if (client_list_has(&client->grant_types, SLICE(GRANT_TYPE_CIBA)) && id_is_zero(g->mandate_id))
		TRY(handle_seal(is, &handle, a, &jti));
	TRY(token_sub(is, g, client, a, &sub));
	TRY(at_hash(job.algorithm, access_token, a, &hash));
	if (!id_is_zero(g->session_id))
		TRY(pairwise_sid(is, g->session_id, client->sector, a, &sid));

	AUTO_BUF struct buf json = { 0 };
	struct json_writer w = json_writer(&json);
	json_begin_object(&w, NULL);
	json_text(&w, "iss", is->iss);
	json_text(&w, "sub", sub);
	json_text(&w, "aud", client->client_id);
	json_number(&w, "exp", expires_at(g, now + is->conf->life.id_token_s));
	json_number(&w, "iat", now);
	if (nonce.n)
		json_text(&w, "nonce", nonce);
	json_text(&w, "jti", jti);
	json_text(&w, "at_hash", hash);
	json_text(&w, "sid", sid);
	if (g->kind == SUBJECT_LEGAL)
		json_text(&w, "sub_type", SLICE("legal_person"));
	write_authentication(&w, g);
	TRY(write_act(is, &w, g, client, a));
	TRY(write_person(&w, is, g, client, now, a));
	json_end(&w);
	job.payload = buf_finish(&json, a);
	if (!job.payload.p)
		return ST_NOMEM;
	*ret = job;
	return ST_OK;
}
