#include "authd/upkeep.h"

#include "authd/service/audit_checkpoints.h"
#include "authd/service/client_certificate.h"
#include "authd/service/key_policy.h"
#include "authd/service/outbox.h"
#include "authd/service/secret_rotation.h"
#include "authd/service/status_lists.h"

enum {
	DAY = 24 * 3600,
	CERTIFICATE_WARNING = 30 * DAY,
};

void upkeep_init(struct upkeep *u, struct issuer *is, struct server *server, struct log *log)
{
	*u = (struct upkeep){
		.issuer = is,
		.server = server,
		.log = log,
		.policy = key_policy_of(is->conf),
	};
}

static void tick_keys(struct upkeep *u, int64_t now)
{
	struct error e = { 0 };
	uint64_t before = keys_generation(u->issuer->keys);
	status s = keys_tick(u->issuer->keys, &u->policy, now, &e);
	if (s != ST_OK && s != u->keys_said)
		log_event(u->log, LOG_LEVEL_ERROR, "keys_not_kept_up",
		          log_text("status", slice_str(status_name(s))),
		          log_text("reason", slice_str(e.message)));
	if (s == ST_OK && keys_generation(u->issuer->keys) != before)
		log_event(u->log, LOG_LEVEL_INFO, "keys_changed",
		          log_number("generation", (int64_t)keys_generation(u->issuer->keys)));
	u->keys_said = s;
}

static void look_at_status_lists(struct upkeep *u, int64_t now)
{
	status s = status_lists_state(u->issuer->status_lists, now);
	if (s != ST_OK && s != u->lists_said)
		log_event(u->log, LOG_LEVEL_ERROR, "status_lists_not_kept_up",
		          log_text("status", slice_str(status_name(s))));
	u->lists_said = s;
}

static void look_at_outbox(struct upkeep *u)
{
	status s = outbox_state(u->issuer->outbox);
	if (s != ST_OK && s != u->outbox_said)
		log_event(u->log, LOG_LEVEL_ERROR, "outbox_not_kept_up",
		          log_text("status", slice_str(status_name(s))));
	u->outbox_said = s;
}

static void sign_audit(struct upkeep *u, int64_t now)
{
	struct error e = { 0 };
	if (!u->checkpoint_at)
		u->checkpoint_at = now; /* one was made at start */
	if (now >= u->checkpoint_at && now - u->checkpoint_at < u->issuer->conf->audit.checkpoint_s)
		return;
	status s = audit_checkpoint(u->issuer, now, &e);
	if (s == ST_OK)
		u->checkpoint_at = now;
	else if (s != u->audit_said)
		log_event(u->log, LOG_LEVEL_ERROR, "audit_not_signed",
			  log_text("status", slice_str(status_name(s))),
			  log_text("reason", slice_str(e.message)));
	u->audit_said = s;
}

static void look_at_secret_rotation(struct upkeep *u)
{
	status s = secret_rotation_state(u->issuer->secret_rotation);
	if (s != ST_OK && s != u->rotation_said)
		log_event(u->log, LOG_LEVEL_ERROR, "secrets_not_rotated",
		          log_text("status", slice_str(status_name(s))));
	u->rotation_said = s;
}

static void look_at_certificate(struct upkeep *u, int64_t now)
{
	int64_t expires_at = server_certificate_expires_at(u->server);
	if (!expires_at || expires_at - now > CERTIFICATE_WARNING ||
	    now - u->certificate_told < DAY)
		return;
	u->certificate_told = now;
	log_event(u->log, expires_at > now ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR,
	          "certificate_expires",
	          log_text("file", slice_str(u->issuer->conf->tls.certificate)),
	          log_number("expires_at", expires_at));
}

void upkeep_tick(struct upkeep *u, int64_t now)
{
	tick_keys(u, now);
	look_at_status_lists(u, now);
	look_at_outbox(u);
	sign_audit(u, now);
	look_at_secret_rotation(u);
	look_at_certificate(u, now);
}

static void tell_reload(struct upkeep *u, const char *what, status s, const struct error *e)
{
	if (s == ST_OK)
		log_event(u->log, LOG_LEVEL_INFO, "reloaded", log_text("what", slice_str(what)));
	else
		log_event(u->log, LOG_LEVEL_ERROR, "reload_failed",
		          log_text("what", slice_str(what)),
		          log_text("status", slice_str(status_name(s))),
		          log_text("reason", slice_str(e->message)));
}

void upkeep_reload(struct upkeep *u, int64_t now)
{
	struct error e = { 0 };
	tell_reload(u, "keys", keys_reload(u->issuer->keys, &e), &e);
	if (u->issuer->conf->tls.certificate) {
		e = (struct error){ 0 };
		tell_reload(u, "certificate", server_reload(u->server, &e), &e);
	}
	if (u->issuer->client_ca) {
		e = (struct error){ 0 };
		tell_reload(u, "client_ca", client_ca_reload(u->issuer->client_ca, &e), &e);
	}
	u->certificate_told = 0;
	upkeep_tick(u, now);
}
