#include "authctl/commands.h"

/* Alphabetical. To add a command: one file, one row here, one line in meson.build. */
const struct command *const COMMANDS[] = {
	&BACKUP,
	&CLIENT_ADD,
	&CLIENT_DISABLE,
	&CLIENT_LIST,
	&CLIENT_SHOW,
	&CONFIG_CHECK,
	&ENTITY_ADD,
	&ENTITY_IMPORT,
	&ENTITY_SHOW,
	&INIT,
	&KEYS_EXPORT,
	&KEYS_LIST,
	&KEYS_RESUME,
	&KEYS_REVOKE,
	&KEYS_ROTATE,
	&PERSON_ADD,
	&PERSON_IMPORT,
	&PERSON_SET_PASSWORD,
	&PERSON_SHOW,
	&RESTORE,
	&ROOT_NEW,
	&ROOT_ROTATE,
	&ROOT_SIGN,
	&SESSION_LIST,
	&SESSION_REVOKE,
	&TOKEN_DECODE,
	&TOKEN_VERIFY,
};
const size_t COMMANDS_N = COUNT_OF(COMMANDS);
