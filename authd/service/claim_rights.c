#include "authd/service/claim_rights.h"

#include "authd/model/visible.h"

enum { PURPOSE_MAX = 300 };

static status read_names(struct slice names, claim_set *ret, struct error *e)
{
	claim_set set = 0;
	for (bool more = true; more;) {
		size_t n = slice_find(names, ',');
		struct slice name = slice_first(names, n);
		claim_set one = claims_named(name);
		more = n < names.n;
		if (!one)
			return error_set(e, ST_INVALID, "\"%.*s\" is no claim; discovery lists them",
					 SLICE_FMT(slice_first(name, name.n < 40 ? name.n : 40)));
		if (set & one)
			return error_set(e, ST_INVALID, "%.*s is named twice", SLICE_FMT(name));
		set |= one;
		names = slice_from(names, more ? n + 1 : n);
	}
	*ret = set;
	return ST_OK;
}

static enum claim_basis basis_of(struct slice word)
{
	if (slice_is(word, "duty"))
		return BASIS_DUTY;
	return slice_is(word, "consent") ? BASIS_CONSENT : 0;
}

status claim_right_read(struct slice text, struct claim_right *ret, struct error *e)
{
	struct claim_right right = { 0 };
	struct slice rest = text, names, basis;
	if (!slice_next_word(&rest, &names) || !slice_next_word(&rest, &basis))
		return error_set(e, ST_INVALID, "a right is: NAME[,NAME...] duty|consent PURPOSE");
	TRY(read_names(names, &right.claims, e));
	right.basis = basis_of(basis);
	if (!right.basis)
		return error_set(e, ST_INVALID, "the basis is duty or consent");
	while (rest.n && rest.p[0] == ' ')
		rest = slice_from(rest, 1);
	if (!rest.n || rest.n > PURPOSE_MAX || !text_is_plain(rest))
		return error_set(e, ST_INVALID, "say for which purpose, in 1 to %d bytes that can all be seen",
				 PURPOSE_MAX);
	right.purpose = rest;
	*ret = right;
	return ST_OK;
}

status claim_rights_check(const struct client_list *rights, struct error *e)
{
	claim_set seen = 0;
	for (size_t k = 0; k < rights->n; k++) {
		struct claim_right right;
		TRY(claim_right_read(rights->items[k], &right, e));
		if (seen & right.claims)
			return error_set(e, ST_INVALID, "a claim has one purpose and one basis");
		seen |= right.claims;
	}
	return ST_OK;
}

void claim_rights_read(struct client *client)
{
	client->claims_by_duty = client->claims_by_consent = 0;
	for (size_t k = 0; k < client->claims.n; k++) {
		struct claim_right right;
		struct error why;
		if (claim_right_read(client->claims.items[k], &right, &why) != ST_OK)
			continue;
		if (right.basis == BASIS_DUTY)
			client->claims_by_duty |= right.claims;
		else
			client->claims_by_consent |= right.claims;
	}
}
