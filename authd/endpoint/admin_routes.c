#include "authd/endpoint/admin.h"
#include "authd/endpoint/routes.h"

#define GET(path, steps) ROUTE(path, METHOD_GET, steps, sizeof(struct admin), .json = false)
#define POST(path, steps) ROUTE(path, METHOD_POST, steps, sizeof(struct admin), .json = true)
#define BOTH(path, steps)                                                                          \
	ROUTE(path, METHOD_GET | METHOD_POST, steps, sizeof(struct admin), .json = true)

const struct route *const ADMIN_ROUTES[] = {
	GET("/admin/v1/audit/evidence", ADMIN_AUDIT_EVIDENCE),
	POST("/admin/v1/audit/prune", ADMIN_AUDIT_PRUNE),
	POST("/admin/v1/audit/read", ADMIN_AUDIT_READ),
	POST("/admin/v1/audit/seal", ADMIN_AUDIT_SEAL),
	POST("/admin/v1/backup", ADMIN_BACKUP),
	POST("/admin/v1/changed-clients", ADMIN_CLIENT_CHANGE),
	POST("/admin/v1/client-secrets", ADMIN_CLIENT_SECRET),
	BOTH("/admin/v1/clients", ADMIN_CLIENTS),
	GET("/admin/v1/clients/*", ADMIN_CLIENT_SHOW),
	POST("/admin/v1/disabled-clients", ADMIN_CLIENT_DISABLE),
	POST("/admin/v1/entities", ADMIN_ENTITY_ADD),
	POST("/admin/v1/entities/import", ADMIN_ENTITY_IMPORT),
	POST("/admin/v1/entities/show", ADMIN_ENTITY_SHOW),
	BOTH("/admin/v1/exchange-policies", ADMIN_EXCHANGE_POLICIES),
	POST("/admin/v1/exchange-policies/remove", ADMIN_EXCHANGE_POLICY_REMOVE),
	GET("/admin/v1/keys", ADMIN_KEYS_LIST),
	POST("/admin/v1/keys/bundle", ADMIN_KEYS_BUNDLE),
	GET("/admin/v1/keys/jwks", ADMIN_KEYS_EXPORT),
	POST("/admin/v1/keys/resume", ADMIN_KEYS_RESUME),
	POST("/admin/v1/keys/revoke", ADMIN_KEYS_REVOKE),
	POST("/admin/v1/keys/rotate", ADMIN_KEYS_ROTATE),
	POST("/admin/v1/ledger/client", ADMIN_LEDGER_CLIENT),
	POST("/admin/v1/ledger/person", ADMIN_LEDGER_PERSON),
	POST("/admin/v1/mandates", ADMIN_MANDATE_ADD),
	POST("/admin/v1/mandates/end", ADMIN_MANDATE_END),
	POST("/admin/v1/mandates/list", ADMIN_MANDATE_LIST),
	POST("/admin/v1/mandates/show", ADMIN_MANDATE_SHOW),
	POST("/admin/v1/outbox/drop", ADMIN_OUTBOX_DROP),
	POST("/admin/v1/outbox/list", ADMIN_OUTBOX_LIST),
	POST("/admin/v1/outbox/retry", ADMIN_OUTBOX_RETRY),
	POST("/admin/v1/persons", ADMIN_PERSON_ADD),
	POST("/admin/v1/persons/factors", ADMIN_PERSON_FACTORS),
	POST("/admin/v1/persons/factors/remove", ADMIN_PERSON_FACTORS_REMOVE),
	POST("/admin/v1/persons/import", ADMIN_PERSON_IMPORT),
	POST("/admin/v1/persons/password", ADMIN_PERSON_PASSWORD),
	POST("/admin/v1/persons/show", ADMIN_PERSON_SHOW),
	BOTH("/admin/v1/registration-tokens", ADMIN_INITIAL_TOKENS),
	POST("/admin/v1/registration-tokens/revoke", ADMIN_INITIAL_TOKEN_REVOKE),
	POST("/admin/v1/sessions/list", ADMIN_SESSION_LIST),
	POST("/admin/v1/sessions/revoke", ADMIN_SESSION_REVOKE),
	GET("/admin/v1/status-lists", ADMIN_STATUS_LISTS),
	NULL,
};
