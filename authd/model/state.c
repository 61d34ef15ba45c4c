#include "authd/model/state.h"

#include "authd/model/codec.h"

/* ---- session -------------------------------------------------------------------------------- */

/* Tags 5 to 7 were a level. */
static const struct codec_field session_fields[] = {
	{1, CODEC_ID, offsetof(struct session, id)},
	{2, CODEC_ID, offsetof(struct session, key)},
	{3, CODEC_ID, offsetof(struct session, subject_id)},
	{4, CODEC_ENUM, offsetof(struct session, kind), SUBJECT_NATURAL, SUBJECT_LEGAL},
	{8, CODEC_INT64, offsetof(struct session, created_at)},
	{9, CODEC_INT64, offsetof(struct session, used_at)},
	{10, CODEC_INT64, offsetof(struct session, expires_at)},
	{11, CODEC_UINT64, offsetof(struct session, epoch)},
	{12, CODEC_INT64, offsetof(struct session, proved_us)},
	{13, CODEC_INT64, offsetof(struct session, factors.shown_us[FACTOR_PWD])},
	{14, CODEC_INT64, offsetof(struct session, factors.shown_us[FACTOR_OTP])},
	{15, CODEC_INT64, offsetof(struct session, factors.shown_us[FACTOR_FACE])},
	{16, CODEC_INT64, offsetof(struct session, factors.shown_us[FACTOR_HWK])},
	{17, CODEC_INT64, offsetof(struct session, factors.shown_us[FACTOR_POP])},
	{18, CODEC_INT, offsetof(struct session, federation), 0, FEDERATION_HERE},
	{20, CODEC_SLICE, offsetof(struct session, acting)},
};
static const struct codec SESSION = CODEC(struct session, session_fields);

status session_encode(const struct session *s, struct buf *out)
{
	return codec_encode(&SESSION, s, out);
}

status session_decode(struct slice bytes, struct session *ret)
{
	return codec_decode(&SESSION, bytes, NULL, ret);
}

/* ---- code and family, which begin with a grant: tags 1 to 31 are the grant's ---------------- */

#define GRANT_FIELDS(type)                                   \
	{1, CODEC_ID, offsetof(type, grant.id)},             \
	{2, CODEC_ID, offsetof(type, grant.subject_id)},     \
	{3, CODEC_ID, offsetof(type, grant.session_id)},     \
	{4, CODEC_SLICE, offsetof(type, grant.client_id)},   \
	{5, CODEC_SLICE, offsetof(type, grant.scope)},       \
	{6, CODEC_SLICE, offsetof(type, grant.audience)},    \
	{7, CODEC_INT64, offsetof(type, grant.authentication.auth_time)}, \
	{8, CODEC_INT, offsetof(type, grant.authentication.level), 0, LEVEL_MAX}, \
	{9, CODEC_SLICE, offsetof(type, grant.authentication.amr)}, \
	{10, CODEC_INT64, offsetof(type, grant.created_at)},  \
	{11, CODEC_INT64, offsetof(type, grant.authentication.proved_us)}, \
	{12, CODEC_SLICE, offsetof(type, grant.claims)},      \
	{13, CODEC_SLICE, offsetof(type, grant.authorization_details)}, \
	{14, CODEC_SLICE, offsetof(type, grant.dpop_jkt)},    \
	{15, CODEC_SLICE, offsetof(type, grant.x5t_s256)},    \
	{16, CODEC_UINT64, offsetof(type, grant.agreed)},   \
	{20, CODEC_SLICE, offsetof(type, grant.authentication.acr)}, \
	{24, CODEC_ENUM, offsetof(type, grant.kind), 0, SUBJECT_LEGAL}, \
	{25, CODEC_ID, offsetof(type, grant.actor_id)},       \
	{26, CODEC_ID, offsetof(type, grant.mandate_id)}

static const struct codec_field code_fields[] = {
	GRANT_FIELDS(struct code),
	{32, CODEC_SLICE, offsetof(struct code, redirect_uri)},
	{33, CODEC_SLICE, offsetof(struct code, nonce)},
	{34, CODEC_SLICE, offsetof(struct code, code_challenge)},
	{35, CODEC_INT64, offsetof(struct code, expires_at)},
};
static const struct codec CODE = CODEC(struct code, code_fields);

status code_encode(const struct code *c, struct buf *out)
{
	return codec_encode(&CODE, c, out);
}

status code_decode(struct slice bytes, struct code *ret)
{
	return codec_decode(&CODE, bytes, NULL, ret);
}

static const struct codec_field deferred_fields[] = {
	GRANT_FIELDS(struct deferred),
	{32, CODEC_SLICE, offsetof(struct deferred, handle)},
	{33, CODEC_INT64, offsetof(struct deferred, expires_at)},
	{34, CODEC_INT64, offsetof(struct deferred, interval_s)},
	{35, CODEC_BOOL, offsetof(struct deferred, denied)},
	{36, CODEC_SLICE, offsetof(struct deferred, binding_message)},
	{37, CODEC_SLICE, offsetof(struct deferred, acr_values)},
	{38, CODEC_SLICE, offsetof(struct deferred, auth_req_id)},
	{39, CODEC_SLICE, offsetof(struct deferred, notification_token)},
};
static const struct codec DEFERRED = CODEC(struct deferred, deferred_fields);

status deferred_encode(const struct deferred *d, struct buf *out)
{
	return codec_encode(&DEFERRED, d, out);
}

status deferred_decode(struct slice bytes, struct deferred *ret)
{
	return codec_decode(&DEFERRED, bytes, NULL, ret);
}

static const struct codec_field family_fields[] = {
	GRANT_FIELDS(struct family),
	{32, CODEC_UINT64, offsetof(struct family, generation)},
	{33, CODEC_INT64, offsetof(struct family, stepped_at)},
	{34, CODEC_INT64, offsetof(struct family, used_at)},
	{35, CODEC_INT64, offsetof(struct family, expires_at)},
	{36, CODEC_UINT32, offsetof(struct family, secret_version)},
};
static const struct codec FAMILY = CODEC(struct family, family_fields);

status family_encode(const struct family *f, struct buf *out)
{
	return codec_encode(&FAMILY, f, out);
}

status family_decode(struct slice bytes, struct family *ret)
{
	return codec_decode(&FAMILY, bytes, NULL, ret);
}

/* ---- what is kept of a person --------------------------------------------------------------- */

static const struct codec_field consent_fields[] = {
	{1, CODEC_SLICE, offsetof(struct consent, scope)},
	{2, CODEC_INT64, offsetof(struct consent, given_at)},
	{4, CODEC_UINT64, offsetof(struct consent, claims)},
};
static const struct codec CONSENT = CODEC(struct consent, consent_fields);

status consent_encode(const struct consent *c, struct buf *out)
{
	return codec_encode(&CONSENT, c, out);
}

status consent_decode(struct slice bytes, struct consent *ret)
{
	return codec_decode(&CONSENT, bytes, NULL, ret);
}

static const struct codec_field session_entry_fields[] = {
	{1, CODEC_INT64, offsetof(struct session_entry, created_at)},
	{2, CODEC_INT64, offsetof(struct session_entry, expires_at)},
	/* Tag 3 was a level. */
	{4, CODEC_SLICE, offsetof(struct session_entry, amr)},
};
static const struct codec SESSION_ENTRY = CODEC(struct session_entry, session_entry_fields);

status session_entry_encode(const struct session_entry *s, struct buf *out)
{
	return codec_encode(&SESSION_ENTRY, s, out);
}

status session_entry_decode(struct slice bytes, struct session_entry *ret)
{
	return codec_decode(&SESSION_ENTRY, bytes, NULL, ret);
}

static const struct codec_field session_client_fields[] = {
	{1, CODEC_ENUM, offsetof(struct session_client, kind), SUBJECT_NATURAL, SUBJECT_LEGAL},
};
static const struct codec SESSION_CLIENT = CODEC(struct session_client, session_client_fields);

status session_client_encode(const struct session_client *s, struct buf *out)
{
	return codec_encode(&SESSION_CLIENT, s, out);
}

status session_client_decode(struct slice bytes, struct session_client *ret)
{
	return codec_decode(&SESSION_CLIENT, bytes, NULL, ret);
}

static const struct codec_field outbox_entry_fields[] = {
	{1, CODEC_SLICE, offsetof(struct outbox_entry, client_id)},
	{2, CODEC_ID, offsetof(struct outbox_entry, subject_id)},
	{3, CODEC_ENUM, offsetof(struct outbox_entry, kind), SUBJECT_NATURAL, SUBJECT_LEGAL},
	{4, CODEC_ID, offsetof(struct outbox_entry, session_id)},
	{5, CODEC_INT64, offsetof(struct outbox_entry, created_at)},
	{6, CODEC_INT, offsetof(struct outbox_entry, tries), 0, OUTBOX_TRIES_MAX},
	{7, CODEC_SLICE, offsetof(struct outbox_entry, error)},
};
static const struct codec OUTBOX_ENTRY = CODEC(struct outbox_entry, outbox_entry_fields);

status outbox_entry_encode(const struct outbox_entry *e, struct buf *out)
{
	return codec_encode(&OUTBOX_ENTRY, e, out);
}

status outbox_entry_decode(struct slice bytes, struct outbox_entry *ret)
{
	return codec_decode(&OUTBOX_ENTRY, bytes, NULL, ret);
}

static const struct codec_field credential_fields[] = {
	{1, CODEC_SLICE, offsetof(struct credential, password_hash)},
	{2, CODEC_INT64, offsetof(struct credential, changed_at)},
};
static const struct codec CREDENTIAL = CODEC(struct credential, credential_fields);

status credential_encode(const struct credential *c, struct buf *out)
{
	return codec_encode(&CREDENTIAL, c, out);
}

status credential_decode(struct slice bytes, struct credential *ret)
{
	return codec_decode(&CREDENTIAL, bytes, NULL, ret);
}

static const struct codec_field totp_fields[] = {
	{1, CODEC_SLICE, offsetof(struct totp, secret)},
	{2, CODEC_INT64, offsetof(struct totp, created_at)},
	{3, CODEC_INT64, offsetof(struct totp, used_step)},
	{4, CODEC_INT, offsetof(struct totp, failures), 0, TOTP_FAILURES_LIMIT},
	{5, CODEC_INT64, offsetof(struct totp, failed_at)},
	{6, CODEC_SLICE, offsetof(struct totp, recovery)},
};
static const struct codec TOTP = CODEC(struct totp, totp_fields);

status totp_encode(const struct totp *t, struct buf *out)
{
	return codec_encode(&TOTP, t, out);
}

status totp_decode(struct slice bytes, struct totp *ret)
{
	return codec_decode(&TOTP, bytes, NULL, ret);
}

/* ---- initial access token ------------------------------------------------------------------- */

static const struct codec_field initial_token_fields[] = {
	{1, CODEC_ID, offsetof(struct initial_token, id)},
	{2, CODEC_SLICE, offsetof(struct initial_token, hash)},
	{3, CODEC_SLICE, offsetof(struct initial_token, label)},
	{4, CODEC_SLICE, offsetof(struct initial_token, scope)},
	{5, CODEC_LIST, offsetof(struct initial_token, grant_types)},
	{6, CODEC_INT64, offsetof(struct initial_token, created_at)},
	{7, CODEC_INT64, offsetof(struct initial_token, expires_at)},
	{8, CODEC_UINT32, offsetof(struct initial_token, uses)},
	{9, CODEC_UINT32, offsetof(struct initial_token, uses_max)},
};
static const struct codec INITIAL_TOKEN = CODEC(struct initial_token, initial_token_fields);

status initial_token_encode(const struct initial_token *t, struct buf *out)
{
	return codec_encode(&INITIAL_TOKEN, t, out);
}

status initial_token_decode(struct slice bytes, struct arena *a, struct initial_token *ret)
{
	return codec_decode(&INITIAL_TOKEN, bytes, a, ret);
}
