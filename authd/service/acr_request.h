/*
 * The levels that a request asks of a sign-in: acr_values, the client's default_acr_values, and an `acr`
 * asked for among the claims (OIDC Core §5.5.1.1, RFC 9470 §4). They are asked for by their names, of
 * which the settings may have more (levels.names), and whoever has more than a level has it.
 *                                                                         Threads: pure functions.
 */
#pragma once

#include "authd/model/assurance.h"
#include "authd/model/client.h"

enum { ACR_NAMES_MAX = 16 };

struct acr_request {
	struct slice names[ACR_NAMES_MAX];
	size_t n;
	bool essential; /* none of them is a refusal */
};

/* Add a name; one more than there is room for is passed by. */
void acr_request_add(struct acr_request *acr, struct slice name);

/* The names among these words, or if there are none the client's default. */
struct acr_request acr_values_read(struct slice acr_values, const struct client *client);

/* The lowest level that was asked for; 0: no name is a level's. */
int acr_request_lowest(const struct conf *conf, const struct acr_request *acr);

/* The highest level that was asked for and that somebody of `level` has, with the name that it was asked
 * for by; 0: none. */
int acr_request_level(const struct conf *conf, const struct acr_request *acr, int level,
		      struct slice *ret_name);

/* The `acr` of a level, a literal; NO_SLICE for what is no level. And back, of each name that the settings
 * know: 0 for what is no `acr`. */
struct slice acr_of_level(int level);
int level_of_acr(const struct conf *conf, struct slice acr);
