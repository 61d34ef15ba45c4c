#include "conf/reading.h"

#include <stdio.h>

status reading_refuse(const struct reading *r, size_t line, const char *key, const char *reason)
{
	enum { NAME_MOST = 80 };
	size_t n = strlen(r->name);
	const char *name = n > NAME_MOST ? r->name + n - NAME_MOST : r->name;
	char number[24] = "";
	if (line)
		snprintf(number, sizeof number, ":%zu", line);
	return error_set(r->e, ST_INVALID, "%s%s: %s%s%s", name, number, key ? key : "",
	                 key ? ": " : "", reason);
}

size_t node_line(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

status reading_refuse_node(const struct reading *r, const yaml_node_t *node, const char *key,
                           const char *expected)
{
	struct reason why;
	const char *found = node->type == YAML_SEQUENCE_NODE  ? "a list"
	                    : node->type == YAML_MAPPING_NODE ? "keys with values"
	                                                      : "a single value";
	value_refused(&why, "expected %s, found %s", expected, found);
	return reading_refuse(r, node_line(node), key, why.text);
}

struct slice node_text(const yaml_node_t *node)
{
	return slice_of(node->data.scalar.value, node->data.scalar.length);
}

bool node_is_plain(const yaml_node_t *node)
{
	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

bool node_is_null(const yaml_node_t *node)
{
	struct slice text = node_text(node);
	return node->type == YAML_SCALAR_NODE && node_is_plain(node) &&
	       (!text.n || slice_is(text, "~") || slice_is(text, "null"));
}

static bool has_plain_tag(const yaml_node_t *node)
{
	static const char *const plain[] = {
	        [YAML_SCALAR_NODE] = YAML_DEFAULT_SCALAR_TAG,
	        [YAML_SEQUENCE_NODE] = YAML_DEFAULT_SEQUENCE_TAG,
	        [YAML_MAPPING_NODE] = YAML_DEFAULT_MAPPING_TAG,
	};
	return slice_is(slice_str((const char *)node->tag), plain[node->type]);
}

status reading_node(const struct reading *r, int index, const char *key, yaml_node_t **ret)
{
	yaml_node_t *node = yaml_document_get_node(r->document, index);
	if (!node || node->type == YAML_NO_NODE)
		return reading_refuse(r, 0, key, "has no value");
	if (!has_plain_tag(node))
		return reading_refuse(r, node_line(node), key, "tags (!) have no meaning here");
	*ret = node;
	return ST_OK;
}

status reading_key(const struct reading *r, const yaml_node_pair_t *pair, const char *prefix,
                   char ret[KEY_MAX], size_t *ret_line)
{
	yaml_node_t *node = NULL;
	TRY(reading_node(r, pair->key, NULL, &node));
	if (node->type != YAML_SCALAR_NODE)
		return reading_refuse_node(r, node, NULL, "the name of a setting");
	struct slice text = node_text(node);
	if (!text.n || text.n + strlen(prefix) + 2 > KEY_MAX || slice_find(text, '\0') < text.n)
		return reading_refuse(r, node_line(node), value_shown(text).text, "unknown key");
	if (slice_find(text, '.') < text.n)
		return reading_refuse(r, node_line(node), value_shown(text).text,
		                      "unknown key; sections are nested, not dotted");
	snprintf(ret, KEY_MAX, "%s%s%.*s", prefix, prefix[0] ? "." : "", SLICE_FMT(text));
	*ret_line = node_line(node);
	return ST_OK;
}
