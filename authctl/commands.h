/* Every command of authctl, in the order of its words. Immutable. */
#pragma once

#include "authctl/ctl.h"

extern const struct command *const COMMANDS[];
extern const size_t COMMANDS_N;

/* The help of one command, as text; and of all of them as docs/authctl.md has it. */
void help_command(FILE *out, const struct command *command);
void help_all(FILE *out);
void help_markdown(FILE *out);
/* The manual pages authctl(1) and authd.yaml(5). */
void help_manual(FILE *out);
void help_settings(FILE *out);

extern const struct command CLIENT_ROTATE_SECRET, CLIENT_UPDATE, KEYS_REKEY, PERSON_EXPORT, SECRETS_LIST,
	SECRETS_ROTATE;
extern const struct command AUDIT_EXPORT, AUDIT_PRUNE, AUDIT_TAIL, AUDIT_VERIFY;
extern const struct command BACKUP, CLIENT_ADD, CLIENT_DISABLE, CLIENT_LIST, CLIENT_SHOW, CONFIG_CHECK,
	EXCHANGE_POLICY_ADD, EXCHANGE_POLICY_LIST, EXCHANGE_POLICY_REMOVE,
	ENTITY_ADD, ENTITY_IMPORT, ENTITY_SHOW, INIT, KEYS_EXPORT, KEYS_LIST, KEYS_RESUME, KEYS_REVOKE,
	KEYS_ROTATE, LEDGER_CLIENT, LEDGER_PERSON, PERSON_ADD, PERSON_FACTORS_LIST,
	PERSON_FACTORS_REMOVE, PERSON_IMPORT, PERSON_SET_PASSWORD, PERSON_SHOW,
	MANDATE_ADD, MANDATE_END, MANDATE_LIST, MANDATE_SHOW, OUTBOX_DROP, OUTBOX_LIST, OUTBOX_RETRY,
	REGISTRATION_TOKEN_ADD, REGISTRATION_TOKEN_LIST, REGISTRATION_TOKEN_REVOKE, RESTORE, ROOT_NEW,
	ROOT_ROTATE, ROOT_SIGN, SESSION_LIST, SESSION_REVOKE, TOKEN_DECODE, TOKEN_VERIFY;
