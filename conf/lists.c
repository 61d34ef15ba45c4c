/* The settings that are lists: addresses, and operators with their users. */
#include "conf/reading.h"

#include "libauth/base/mem.h"

#include <errno.h>
#include <pwd.h>

static status scalar_item(const struct reading *r, int index, const char *key, const char *expected,
                          yaml_node_t **ret)
{
	TRY(reading_node(r, index, key, ret));
	if ((*ret)->type != YAML_SCALAR_NODE || node_is_null(*ret))
		return reading_refuse_node(r, *ret, key, expected);
	return ST_OK;
}

static status read_addresses(const struct reading *r, const char *key, const int *items, size_t n,
                             const char **ret)
{
	for (size_t i = 0; i < n; i++) {
		yaml_node_t *node;
		struct reason why;
		TRY(scalar_item(r, items[i], key, "an address", &node));
		if (!value_is_address(node_text(node), &why))
			return reading_refuse(r, node_line(node), key, why.text);
		ret[i] = arena_string(r->a, node_text(node));
		if (!ret[i])
			return ST_NOMEM;
	}
	return ST_OK;
}

static status read_networks(const struct reading *r, const char *key, const int *items, size_t n,
                            struct conf_network *ret)
{
	for (size_t i = 0; i < n; i++) {
		yaml_node_t *node;
		struct reason why;
		TRY(scalar_item(r, items[i], key, "a network", &node));
		if (!value_is_network(node_text(node), &ret[i], &why))
			return reading_refuse(r, node_line(node), key, why.text);
	}
	return ST_OK;
}

static status find_user(const char *name, int64_t *ret_uid)
{
	for (size_t size = 4096; size <= 1 << 20; size *= 4) {
		AUTO_MEM char *room = malloc(size);
		if (!room)
			return ST_NOMEM;
		struct passwd entry, *found = NULL;
		int fault = getpwnam_r(name, &entry, room, size, &found);
		if (fault == ERANGE || fault == EINTR)
			continue;
		if (fault == ENOMEM || fault == EIO || fault == EMFILE || fault == ENFILE)
			return fault == ENOMEM ? ST_NOMEM : ST_IO; /* nobody could look */
		if (!found)
			return ST_NOT_FOUND;
		*ret_uid = entry.pw_uid;
		return ST_OK;
	}
	return ST_NOT_FOUND;
}

static status read_operator_key(const struct reading *r, const yaml_node_pair_t *pair,
                                const char *section, struct conf_operator *o)
{
	char key[KEY_MAX];
	size_t line;
	yaml_node_t *node;
	struct reason why;
	TRY(reading_key(r, pair, section, key, &line));
	bool is_user = strcmp(key, "admin.operators.user") == 0;
	if (!is_user && strcmp(key, "admin.operators.role") != 0)
		return reading_refuse(r, line, value_shown(slice_str(key)).text,
		                      "unknown key; an operator has user and role");
	const char **place = is_user ? &o->user : &o->role;
	if (*place)
		return reading_refuse(r, line, key, "is there twice");
	TRY(scalar_item(r, pair->value, key, is_user ? "a user's name" : "a role", &node));
	if (!is_user && !value_is_word(OPERATOR_ROLES, node_text(node), &why))
		return reading_refuse(r, line, key, why.text);
	if (slice_find(node_text(node), '\0') < node_text(node).n)
		return reading_refuse(r, line, key, "has a control character in it");
	*place = arena_string(r->a, node_text(node));
	return *place ? ST_OK : ST_NOMEM;
}

static status read_operator(const struct reading *r, const char *key, int index,
                            struct conf_operator *o)
{
	yaml_node_t *node;
	TRY(reading_node(r, index, key, &node));
	if (node->type != YAML_MAPPING_NODE)
		return reading_refuse_node(r, node, key, "user and role");
	const yaml_node_pair_t *end = node->data.mapping.pairs.top;
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < end; pair++)
		TRY(read_operator_key(r, pair, key, o));
	if (!o->user || !o->role)
		return reading_refuse(r, node_line(node), key,
		                      o->user ? "role is missing" : "user is missing");

	status s = find_user(o->user, &o->uid);
	if (s == ST_NOT_FOUND) {
		struct reason why;
		value_refused(&why, "there is no system user %s",
		              value_shown(slice_str(o->user)).text);
		return reading_refuse(r, node_line(node), key, why.text);
	}
	if (s == ST_IO)
		return error_set(r->e, s, "%s: system users cannot be looked up", r->name);
	return s;
}

static status read_operators(const struct reading *r, const char *key, const int *items, size_t n,
                             struct conf_operator *ret)
{
	for (size_t i = 0; i < n; i++) {
		TRY(read_operator(r, key, items[i], &ret[i]));
		for (size_t k = 0; k < i; k++) {
			if (ret[k].uid != ret[i].uid)
				continue;
			yaml_node_t *node = yaml_document_get_node(r->document, items[i]);
			return reading_refuse(r, node_line(node), key,
			                      "the same user is there twice");
		}
	}
	return ST_OK;
}

status reading_list(const struct reading *r, const struct setting *s, const yaml_node_t *node)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return reading_refuse_node(r, node, s->key, "a list");
	const int *items = node->data.sequence.items.start;
	size_t n = (size_t)(node->data.sequence.items.top - items);
	if (n > SETTING_LIST_MAX)
		return reading_refuse(r, node_line(node), s->key, "has more than 64 items");
	if (!n)
		return ST_OK;

	void *list;
	if (s->type == SETTING_ADDRESSES) {
		const char **addresses = list = arena_array(r->a, const char *, n);
		if (!list)
			return ST_NOMEM;
		TRY(read_addresses(r, s->key, items, n, addresses));
	} else if (s->type == SETTING_NETWORKS) {
		struct conf_network *networks = list = arena_array(r->a, struct conf_network, n);
		if (!list)
			return ST_NOMEM;
		TRY(read_networks(r, s->key, items, n, networks));
	} else {
		struct conf_operator *operators = list = arena_array(r->a, struct conf_operator, n);
		if (!list)
			return ST_NOMEM;
		TRY(read_operators(r, s->key, items, n, operators));
	}
	memcpy((char *)r->conf + s->offset, &list, sizeof list);
	memcpy((char *)r->conf + s->count_offset, &n, sizeof n);
	return ST_OK;
}
