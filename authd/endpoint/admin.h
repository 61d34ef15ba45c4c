/*
 * The admin interface: what all of its routes share.
 *
 *	{ admin_read | admin_write, the work, admin_commit, admin_answer, NULL }
 *
 * The first step knows the operator by the uid of the socket's peer, never by what the request says.
 * The work puts its writes into ad->batch, fills ad->entry and calls admin_done() or admin_refuse().
 * Then the audit entry goes into the same batch: no call leaves without one, reading included.
 *
 * JSON in and out. Bodies are strict: duplicate and unknown members are refused. Nothing personal
 * stands in a path or a query, since those are logged.           Threads: as struct request.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/oauth/request.h"
#include "authd/service/audit.h"
#include "authd/service/json_fields.h"



struct admin {
	const struct conf_operator *operator;
	struct batch *batch;
	struct audit_entry entry;
	int http;          /* of the answer */
	struct slice json; /* of the answer */
	void *work;        /* of the route, in the request's arena */
};

/* r->state of every admin route: state_size is sizeof(struct admin). */
static inline struct admin *admin_of(struct request *r) { return r->state; }

/* ---- steps ---------------------------------------------------------------------------------- */

step_fn admin_read;  /* for every operator */
step_fn admin_write; /* for those with the role "admin" */
step_fn admin_commit, admin_answer;

/* These finish the work's step: `return admin_...`. */
/* json is taken over; NULL is a fault. */
enum step_result admin_done(struct request *r, int http, json_t *json);
/* {"error": error, "error_description": ...}; whatever is in the batch is dropped. */
enum step_result admin_refuse(struct request *r, int http, const char *error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* 503, or 500 for what is no passing trouble. Nothing is written. */
enum step_result admin_fault(struct request *r, status s);

/* Run work(context) on a thread of its own, for what takes long and is rare; STEP_WAIT. */
enum step_result admin_run(struct request *r, status (*work)(void *context), void *context);

/* ---- bodies --------------------------------------------------------------------------------- */

/* Read the body, one object, into the struct at `to`: json_fields.h. ST_INVALID for an unknown
 * member, too. */
status admin_read_body(struct request *r, const struct json_field *fields, size_t n, void *to,
		       struct error *e);

json_t *admin_id(struct id id);

/* ---- the routes' steps, file by file; the table is in admin_routes.c --------------------------- */

extern step_fn *const ADMIN_PERSON_IMPORT[], *const ADMIN_PERSON_ADD[], *const ADMIN_PERSON_SHOW[],
	*const ADMIN_PERSON_EXPORT[],
	*const ADMIN_PERSON_PASSWORD[], *const ADMIN_PERSON_FACTORS[], *const ADMIN_PERSON_FACTORS_REMOVE[];
extern step_fn *const ADMIN_ENTITY_IMPORT[], *const ADMIN_ENTITY_ADD[], *const ADMIN_ENTITY_SHOW[];
extern step_fn *const ADMIN_CLIENTS[], *const ADMIN_CLIENT_SHOW[],
	*const ADMIN_CLIENT_DISABLE[], *const ADMIN_CLIENT_CHANGE[], *const ADMIN_CLIENT_SECRET[];
extern step_fn *const ADMIN_INITIAL_TOKENS[], *const ADMIN_INITIAL_TOKEN_REVOKE[];
extern step_fn *const ADMIN_EXCHANGE_POLICIES[], *const ADMIN_EXCHANGE_POLICY_REMOVE[];
extern step_fn *const ADMIN_KEYS_LIST[], *const ADMIN_KEYS_ROTATE[], *const ADMIN_KEYS_RESUME[],
	*const ADMIN_KEYS_EXPORT[], *const ADMIN_KEYS_BUNDLE[], *const ADMIN_KEYS_REVOKE[];
extern step_fn *const ADMIN_SECRETS_LIST[], *const ADMIN_SECRETS_ROTATE[], *const ADMIN_KEYS_REKEY[];
extern step_fn *const ADMIN_SESSION_LIST[], *const ADMIN_SESSION_REVOKE[];
extern step_fn *const ADMIN_OUTBOX_LIST[], *const ADMIN_OUTBOX_RETRY[], *const ADMIN_OUTBOX_DROP[];
extern step_fn *const ADMIN_MANDATE_ADD[], *const ADMIN_MANDATE_LIST[], *const ADMIN_MANDATE_SHOW[],
	*const ADMIN_MANDATE_END[];
extern step_fn *const ADMIN_LEDGER_PERSON[], *const ADMIN_LEDGER_CLIENT[];
extern step_fn *const ADMIN_STATUS_LISTS[];
extern step_fn *const ADMIN_AUDIT_READ[], *const ADMIN_AUDIT_EVIDENCE[], *const ADMIN_AUDIT_SEAL[],
	*const ADMIN_AUDIT_PRUNE[];
extern step_fn *const ADMIN_BACKUP[];
