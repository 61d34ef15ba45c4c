#include "authd/service/acr_request.h"

#include "authd/service/tokens.h"

void acr_request_add(struct acr_request *acr, struct slice name)
{
	int level = level_of_acr(name);
	if (level)
		acr->levels |= 1U << level;
}

struct acr_request acr_values_read(struct slice acr_values, const struct client *client)
{
	struct acr_request acr = { 0 };
	struct slice word;
	bool any = !slice_empty(acr_values);
	while (slice_next_word(&acr_values, &word))
		acr_request_add(&acr, word);
	for (size_t i = 0; i < client->default_acr_values.n && !any; i++)
		acr_request_add(&acr, client->default_acr_values.items[i]);
	return acr;
}

int acr_request_level(const struct acr_request *acr, int level)
{
	while (level >= LEVEL_MIN && !(acr->levels & 1U << level))
		level--;
	return level >= LEVEL_MIN ? level : 0;
}
