#include "authd/service/acr_request.h"

static const struct slice ACR_NAMES[] = {
	SLICE_INIT("urn:authd:acr:rn2"),
	SLICE_INIT("urn:authd:acr:rn3"),
	SLICE_INIT("urn:authd:acr:rn4"),
	SLICE_INIT("urn:authd:acr:rn5"),
};

struct slice acr_of_level(int level)
{
	if (level < LEVEL_MIN || level > LEVEL_MAX)
		return NO_SLICE;
	return ACR_NAMES[level - LEVEL_MIN];
}

/* Of NAME=rn4, which the settings were checked for. */
static int named_level(struct slice name, struct slice acr)
{
	size_t end = slice_find(name, '=');
	return slice_equal(slice_first(name, end), acr) ? name.p[name.n - 1] - '0' : 0;
}

int level_of_acr(const struct conf *conf, struct slice acr)
{
	struct slice names = conf->levels.names ? slice_str(conf->levels.names) : NO_SLICE, name;
	int level = 0;
	for (int own = LEVEL_MIN; own <= LEVEL_MAX; own++)
		if (slice_equal(acr, acr_of_level(own)))
			return own;
	while (!level && slice_next_word(&names, &name))
		level = named_level(name, acr);
	return level;
}

void acr_request_add(struct acr_request *acr, struct slice name)
{
	if (name.n && acr->n < ACR_NAMES_MAX)
		acr->names[acr->n++] = name;
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

int acr_request_lowest(const struct conf *conf, const struct acr_request *acr)
{
	int lowest = 0;
	for (size_t i = 0; i < acr->n; i++) {
		int level = level_of_acr(conf, acr->names[i]);
		if (level && (!lowest || level < lowest))
			lowest = level;
	}
	return lowest;
}

int acr_request_level(const struct conf *conf, const struct acr_request *acr, int level,
		      struct slice *ret_name)
{
	int highest = 0;
	for (size_t i = 0; i < acr->n; i++) {
		int asked = level_of_acr(conf, acr->names[i]);
		if (asked > level || asked <= highest)
			continue;
		highest = asked;
		*ret_name = acr->names[i];
	}
	return highest;
}
