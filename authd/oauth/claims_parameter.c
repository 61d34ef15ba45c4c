#include "authd/oauth/claims_parameter.h"

#include "authd/service/json_fields.h"
#include "authd/service/tokens.h"

/* The bit of a level's `acr`; 0 for a name that is none. */
static unsigned level_bit(struct slice name)
{
	for (int level = LEVEL_MIN; level <= LEVEL_MAX; level++)
		if (slice_equal(acr_of_level(level), name))
			return 1U << level;
	return 0;
}

static unsigned level_bit_of(const json_t *value)
{
	return json_is_string(value) ? level_bit(slice_str(json_string_value(value))) : 0;
}

/* ---- OIDC Core §5.5.1: null, or an object with `essential`, `value` or `values` -------------- */

static bool is_claim_request(const json_t *claim)
{
	if (json_is_null(claim))
		return true;
	const json_t *essential = json_object_get(claim, "essential"), *values = json_object_get(claim, "values");
	return json_is_object(claim) && (!essential || json_is_boolean(essential)) &&
	       (!values || json_is_array(values));
}

static bool is_claims_of(const json_t *member)
{
	const char *name;
	json_t *claim;
	if (!member || json_is_null(member))
		return true;
	json_object_foreach((json_t *)member, name, claim)
		if (!is_claim_request(claim))
			return false;
	return json_is_object(member);
}

/* `acr` with a value or several, or the wish to have one at all. */
static void read_acr(const json_t *claim, struct acr_request *acr)
{
	const json_t *value = json_object_get(claim, "value"), *values = json_object_get(claim, "values");
	if (!value && !values)
		return;
	struct acr_request asked = {
		.levels = level_bit_of(value),
		.essential = json_is_true(json_object_get(claim, "essential")),
	};
	for (size_t i = 0; i < json_array_size(values); i++)
		asked.levels |= level_bit_of(json_array_get(values, i));
	*acr = asked;
}

status claims_parameter_read(struct slice text, struct acr_request *acr, struct refusal *ret_refusal)
{
	struct error why;
	AUTO(json) json_t *claims = NULL;
	*ret_refusal = NO_REFUSAL;
	if (slice_empty(text))
		return ST_OK;
	status s = text.n <= CLAIMS_PARAMETER_MAX ? json_object_read(text, &claims, &why) : ST_INVALID;
	if (is_fault(s))
		return s;
	if (s != ST_OK || !is_claims_of(json_object_get(claims, "id_token")) ||
	    !is_claims_of(json_object_get(claims, "userinfo"))) {
		*ret_refusal = refuse(&INVALID_REQUEST, "claims is not as OIDC Core 5.5 has it");
		return ST_OK;
	}
	read_acr(json_object_get(json_object_get(claims, "id_token"), "acr"), acr);
	if (acr->essential && !acr->levels)
		*ret_refusal = refuse(&UNMET_AUTHENTICATION_REQUIREMENTS, "no acr that was asked for is known here");
	return ST_OK;
}

/* ---- levels --------------------------------------------------------------------------------- */

struct acr_request acr_values_read(struct slice acr_values, const struct client *client)
{
	struct acr_request acr = { 0 };
	struct slice word;
	bool any = !slice_empty(acr_values);
	while (slice_next_word(&acr_values, &word))
		acr.levels |= level_bit(word);
	for (size_t i = 0; i < client->default_acr_values.n && !any; i++)
		acr.levels |= level_bit(client->default_acr_values.items[i]);
	return acr;
}

int acr_request_level(const struct acr_request *acr, int level)
{
	while (level >= LEVEL_MIN && !(acr->levels & 1U << level))
		level--;
	return level >= LEVEL_MIN ? level : 0;
}
