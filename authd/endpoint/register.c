/*
 * POST /register: a client registers itself (RFC 7591 §3, OIDC Dynamic Client Registration §3).
 * GET, PUT, DELETE /register/ID: it reads, replaces or removes what it is (RFC 7592 §2).
 *
 * registration.mode says who may: nobody, who brings an initial access token, or anybody within a
 * limit by address. The second route opens with the registration access token alone, and says
 * nothing about what it does not open. That token stays the same when metadata is replaced.
 */
#include "authd/endpoint/endpoints.h"
#include "authd/oauth/json_answer.h"
#include "authd/oauth/token_request.h"
#include "authd/service/audit.h"
#include "authd/service/client_registration.h"
#include "authd/service/fetch.h"
#include "authd/service/software_statement.h"
#include "authd/service/throttle.h"
#include "keys/seal.h"

#include <strings.h>

enum { TRIES_MAX = 16 };

struct registering {
	struct initial_token token; /* the initial access token */
	uint64_t token_version;
	bool has_token;
	struct cache_command attempt;

	struct client client;
	uint64_t version; /* of a client that is there already */
	struct slice secret, access_token; /* to be shown */
	struct fetch sector;
	int tries;
};

static bool registration_is_served(const struct issuer *is)
{
	return strcmp(is->conf->registration.mode, "off") != 0;
}

/* ---- who asks --------------------------------------------------------------------------------- */

static struct slice bearer_of(const struct request *r)
{
	struct slice scheme = slice_first(r->authorization, 7);
	bool bearer = scheme.n == 7 && !strncasecmp((const char *)scheme.p, "Bearer ", 7);
	return bearer ? slice_from(r->authorization, 7) : NO_SLICE;
}

/* RFC 6750 §3 */
static enum step_result refuse_token(struct request *r, const char *description)
{
	response_header(r, "WWW-Authenticate", SLICE("Bearer realm=\"authd\", error=\"invalid_token\""));
	return answer_refusal(r, refuse(&INVALID_TOKEN, description));
}

static enum step_result count_attempt(struct request *r)
{
	struct registering *g = r->state;
	status s = throttle_count(r->issuer, THROTTLE_REGISTRATIONS, r->peer, &r->arena, &g->attempt);
	if (s != ST_OK)
		return answer_fault(r, s, "throttle");
	cache_submit(r->issuer->cache, &g->attempt, 1, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result begin(struct request *r)
{
	struct registering *g = r->state;
	if (!registration_is_served(r->issuer))
		return answer_empty(r, 404);
	if (r->authorization.p) {
		status s = initial_token_open(r->issuer, bearer_of(r), r->now, &r->arena, &g->token,
					      &g->token_version);
		if (is_fault(s))
			return answer_fault(r, s, "initial access token");
		if (s != ST_OK)
			return refuse_token(r, "this is no initial access token, or no longer one");
		g->has_token = true;
		return STEP_NEXT;
	}
	if (strcmp(r->issuer->conf->registration.mode, "open") == 0)
		return count_attempt(r);
	/* RFC 6750 §3.1: without any token, the challenge says nothing more. */
	response_header(r, "WWW-Authenticate", SLICE("Bearer realm=\"authd\""));
	return answer_refusal(r, refuse(&INVALID_TOKEN, "registering needs an initial access token"));
}

static enum step_result admit(struct request *r)
{
	struct registering *g = r->state;
	const struct conf *conf = r->issuer->conf;
	if (!g->has_token && r->op.status != ST_OK)
		return answer_fault(r, r->op.status, "throttle");
	if (!g->has_token && g->attempt.count > conf->registration.address_attempts) {
		response_header(r, "Retry-After",
				arena_format(&r->arena, "%lld", (long long)conf->throttle.window_s));
		return answer_refusal(r, refuse(&TOO_MANY_REQUESTS, "too many clients from this address"));
	}
	status s = client_registration_admit(r->issuer);
	if (s == ST_FORBIDDEN)
		return answer_refusal(r, refuse(&TEMPORARILY_UNAVAILABLE, "no more clients can register here"));
	return s == ST_OK ? STEP_NEXT : answer_fault(r, s, "quota");
}

/* ---- what is asked for ------------------------------------------------------------------------- */

/* Each message of a check begins with the member that is wrong. */
static enum step_result refuse_metadata(struct request *r, status s, const struct error *why)
{
	bool redirect = slice_starts(slice_str(why->message), SLICE("redirect_uris:"));
	if (is_fault(s))
		return answer_fault(r, s, "registration");
	struct slice text = arena_copy(&r->arena, slice_str(why->message));
	return answer_refusal(r, refuse(redirect ? &INVALID_REDIRECT_URI : &INVALID_CLIENT_METADATA,
					text.p ? (const char *)text.p : ""));
}

static enum step_result refuse_statement(struct request *r, status s, const struct error *why)
{
	if (is_fault(s))
		return answer_fault(r, s, "software statement");
	struct slice text = arena_copy(&r->arena, slice_str(why->message));
	return answer_refusal(r, refuse(s == ST_FORBIDDEN ? &UNAPPROVED_SOFTWARE_STATEMENT
							  : &INVALID_SOFTWARE_STATEMENT,
					text.p ? (const char *)text.p : ""));
}

static status check_grant_types(const struct client *c, struct error *e)
{
	for (size_t k = 0; k < c->grant_types.n; k++)
		if (!grant_type_find(c->grant_types.items[k]))
			return error_set(e, ST_INVALID, "grant_types: one is not served here");
	return ST_OK;
}

/* The body with the claims of its software statement. */
static enum step_result read_metadata(struct request *r, json_t **ret)
{
	struct error why = { 0 };
	AUTO(json) json_t *metadata = NULL;
	status s = json_object_read(r->body, &metadata, &why);
	if (s != ST_OK)
		return refuse_metadata(r, s, &why);
	s = software_statement_apply(r->issuer, metadata, r->now, &r->arena, &why);
	if (s != ST_OK)
		return refuse_statement(r, s, &why);
	*ret = TAKE(metadata);
	return STEP_NEXT;
}

static enum step_result read_registration(struct request *r)
{
	struct registering *g = r->state;
	struct error why = { 0 };
	AUTO(json) json_t *metadata = NULL;
	enum step_result read = read_metadata(r, &metadata);
	if (read != STEP_NEXT)
		return read;
	status s = client_registration_read(r->issuer, metadata, g->has_token ? &g->token : NULL, &r->arena,
					    &g->client, &why);
	if (s == ST_OK)
		s = check_grant_types(&g->client, &why);
	return s == ST_OK ? STEP_NEXT : refuse_metadata(r, s, &why);
}

/* ---- what its sector says ---------------------------------------------------------------------- */

static enum step_result fetch_sector(struct request *r)
{
	struct registering *g = r->state;
	r->op.status = ST_OK;
	if (!g->client.sector_identifier_uri.n)
		return STEP_NEXT;
	g->sector = (struct fetch){
		.url = g->client.sector_identifier_uri,
		.accept = SLICE("application/json"),
	};
	fetch_submit(r->issuer, &g->sector, &r->arena, &r->op);
	return STEP_WAIT;
}

static enum step_result check_sector(struct request *r)
{
	struct registering *g = r->state;
	struct error why = { 0 };
	if (!g->client.sector_identifier_uri.n)
		return STEP_NEXT;
	if (r->op.status == ST_NOMEM || r->op.status == ST_BUSY)
		return answer_fault(r, r->op.status, "sector_identifier_uri");
	status s;
	if (r->op.status == ST_OK && g->sector.ret_status == 200)
		s = client_registration_check_sector(&g->client, g->sector.ret_body, &why);
	else
		s = error_set(&why, ST_INVALID, "sector_identifier_uri: nothing could be fetched there");
	if (g->sector.ret_reason.p)
		r->log_reason = g->sector.ret_reason;
	return s == ST_OK ? STEP_NEXT : refuse_metadata(r, s, &why);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static status put_audit(struct batch *b, const char *event, const struct registering *g, struct arena *a)
{
	const struct audit_entry entry = {
		.event = event,
		.client_id = g->client.client_id,
		.detail = g->has_token ? id_text(a, g->token.id) : NO_SLICE,
	};
	return audit_write(b, &entry);
}

static enum step_result commit(struct request *r, struct batch *b, status s)
{
	if (s != ST_OK)
		return answer_fault(r, s, "registration");
	records_commit(r->issuer->records, b, &r->op);
	return STEP_WAIT;
}

static enum step_result store_registration(struct request *r)
{
	struct registering *g = r->state;
	struct error why = { 0 };
	struct batch *b = batch_new(&r->arena);
	status s = b ? client_registration_token(&r->arena, &g->client, &g->access_token) : ST_NOMEM;
	if (s == ST_OK)
		s = clients_register(r->issuer, b, &r->arena, r->now, &g->client, &g->secret, &why);
	if (s == ST_INVALID)
		return refuse_metadata(r, s, &why);
	if (s == ST_OK && g->has_token)
		s = initial_token_use(b, &g->token, g->token_version);
	if (s == ST_OK)
		s = put_audit(b, "client.register", g, &r->arena);
	return commit(r, b, s);
}

/* ---- answering --------------------------------------------------------------------------------- */

static status put_text(json_t *json, const char *name, struct slice text)
{
	return !text.n || json_object_set_new(json, name, json_of_text(text)) == 0 ? ST_OK : ST_NOMEM;
}

/* RFC 7591 §3.2.1, RFC 7592 §3 */
static status put_credentials(struct request *r, json_t *json)
{
	const struct registering *g = r->state;
	const struct client *c = &g->client;
	struct slice uri = arena_format(&r->arena, "%.*s/register/%.*s", SLICE_FMT(r->issuer->iss),
					SLICE_FMT(c->client_id));
	TRY(put_text(json, "client_secret", g->secret));
	TRY(put_text(json, "registration_access_token", g->access_token));
	TRY(put_text(json, "registration_client_uri", uri));
	int failed = json_object_set_new(json, "client_id_issued_at", json_integer(c->created_at));
	if (g->secret.n) /* it does not expire */
		failed |= json_object_set_new(json, "client_secret_expires_at", json_integer(0));
	return failed ? ST_NOMEM : ST_OK;
}

static enum step_result answer_client(struct request *r, int http)
{
	const struct registering *g = r->state;
	AUTO(json) json_t *json =
		client_metadata_json(&g->client, CLIENT_METADATA_BY_ANYBODY | CLIENT_METADATA_BY_ITSELF);
	if (!json || put_credentials(r, json) != ST_OK)
		return answer_fault(r, ST_NOMEM, "registration");
	char *text = json_dumps(json, JSON_COMPACT);
	struct slice body = text ? arena_copy(&r->arena, slice_str(text)) : NO_SLICE;
	if (text)
		secret_wipe(text, strlen(text));
	free(text);
	return body.p ? answer_json(r, http, body) : answer_fault(r, ST_NOMEM, "registration");
}

static step_fn *const REGISTER_STEPS[];

/* Others have used the same token meanwhile: it is looked at again. */
static enum step_result answer_registration(struct request *r)
{
	struct registering *g = r->state;
	if (r->op.status == ST_CONFLICT && g->has_token && ++g->tries < TRIES_MAX) {
		r->next = REGISTER_STEPS;
		return STEP_NEXT;
	}
	if (r->op.status != ST_OK)
		return answer_fault(r, is_fault(r->op.status) ? r->op.status : ST_BUSY, "registration");
	return answer_client(r, 201);
}

static step_fn *const REGISTER_STEPS[] = {
	begin, admit, read_registration, fetch_sector, check_sector, store_registration, answer_registration,
	NULL,
};
const struct route REGISTER_ROUTE = {
	.path = "/register",
	.methods = METHOD_POST,
	.steps = REGISTER_STEPS,
	.state_size = sizeof(struct registering),
	.json = true,
	.metadata = "registration_endpoint",
	.is_named = registration_is_served,
};

/* ---- afterwards --------------------------------------------------------------------------------- */

static enum step_result answer_replaced(struct request *r)
{
	if (r->op.status == ST_CONFLICT)
		return answer_fault(r, ST_BUSY, "somebody else is changing this client");
	return r->op.status == ST_OK ? answer_client(r, 200) : answer_fault(r, r->op.status, "registration");
}

static enum step_result answer_removed(struct request *r)
{
	if (r->op.status == ST_CONFLICT)
		return answer_fault(r, ST_BUSY, "somebody else is changing this client");
	return r->op.status == ST_OK ? answer_empty(r, 204) : answer_fault(r, r->op.status, "registration");
}

/* RFC 7592 §2.2: it says which client it is, and may repeat its secret, but not choose another. */
static status check_identity(const json_t *metadata, const struct client *c, struct error *e)
{
	const json_t *id = json_object_get(metadata, "client_id");
	const json_t *secret = json_object_get(metadata, "client_secret");
	uint8_t hash[32];
	if (!json_is_string(id) || !slice_is(c->client_id, json_string_value(id)))
		return error_set(e, ST_INVALID, "client_id: this client's own is needed");
	if (!secret)
		return ST_OK;
	TRY(sha256(slice_of(json_string_value(secret), json_string_length(secret)), hash));
	if (slice_equal_secret(c->secret_hash, slice_of(hash, sizeof hash)))
		return ST_OK;
	return error_set(e, ST_INVALID, "client_secret: not this client's");
}

static enum step_result read_replacement(struct request *r)
{
	struct registering *g = r->state;
	struct error why = { 0 };
	AUTO(json) json_t *metadata = NULL;
	enum step_result read = read_metadata(r, &metadata);
	if (read != STEP_NEXT)
		return read;
	status s = check_identity(metadata, &g->client, &why);
	if (s == ST_OK)
		s = client_registration_replace(r->issuer, metadata, &r->arena, &g->client, &why);
	if (s == ST_OK)
		s = check_grant_types(&g->client, &why);
	return s == ST_OK ? STEP_NEXT : refuse_metadata(r, s, &why);
}

static enum step_result store_replacement(struct request *r)
{
	struct registering *g = r->state;
	struct error why = { 0 };
	struct batch *b = batch_new(&r->arena);
	status s = b ? ST_OK : ST_NOMEM;
	if (s == ST_OK)
		s = clients_update(r->issuer, b, &r->arena, r->now, &g->client, g->version, &g->secret, &why);
	if (s != ST_OK)
		return refuse_metadata(r, s, &why);
	return commit(r, b, put_audit(b, "client.replace", g, &r->arena));
}

static enum step_result remove_client(struct request *r)
{
	struct registering *g = r->state;
	struct batch *b = batch_new(&r->arena);
	if (!b)
		return answer_fault(r, ST_NOMEM, "registration");
	clients_remove(r->issuer, b, g->client.client_id, g->version, r->now);
	return commit(r, b, put_audit(b, "client.remove", g, &r->arena));
}

static step_fn *const REPLACE_STEPS[] = {
	read_replacement, fetch_sector, check_sector, store_replacement, answer_replaced, NULL,
};
static step_fn *const REMOVE_STEPS[] = { remove_client, answer_removed, NULL };

static enum step_result open_client(struct request *r)
{
	struct registering *g = r->state;
	if (!registration_is_served(r->issuer))
		return answer_empty(r, 404);
	g->access_token = bearer_of(r);
	status s = client_registration_open(r->issuer, r->segment, g->access_token, &r->arena, &g->client,
					    &g->version);
	if (is_fault(s))
		return answer_fault(r, s, "client");
	if (s != ST_OK)
		return refuse_token(r, "this is not the registration access token of this client");
	if (r->method == METHOD_PUT)
		r->next = REPLACE_STEPS;
	if (r->method == METHOD_DELETE)
		r->next = REMOVE_STEPS;
	return STEP_NEXT;
}

static enum step_result show(struct request *r) { return answer_client(r, 200); }

static step_fn *const REGISTERED_STEPS[] = { open_client, show, NULL };
const struct route REGISTERED_ROUTE = {
	.path = "/register/*",
	.methods = METHOD_GET | METHOD_PUT | METHOD_DELETE,
	.steps = REGISTERED_STEPS,
	.state_size = sizeof(struct registering),
	.json = true,
};
