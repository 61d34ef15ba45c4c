#include "conf/reading.h"

#include "libauth/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 10 };

/* ---- settings ------------------------------------------------------------------------------- */

static bool is_section(const char *key)
{
	size_t n = strlen(key);
	for (size_t i = 0; i < SETTINGS_N; i++)
		if (strncmp(SETTINGS[i].key, key, n) == 0 && SETTINGS[i].key[n] == '.')
			return true;
	return false;
}

static size_t setting_index(const char *key)
{
	size_t i = 0;
	while (i < SETTINGS_N && strcmp(SETTINGS[i].key, key) != 0)
		i++;
	return i;
}

static status unknown_key(const struct reading *r, size_t line, const char *key)
{
	struct reason why;
	char nearest[KEY_MAX];
	if (setting_nearest(key, nearest, sizeof nearest))
		value_refused(&why, "unknown key; did you mean %s?", nearest);
	else
		value_refused(&why, "unknown key");
	return reading_refuse(r, line, value_shown(slice_str(key)).text, why.text);
}

static status read_scalar(const struct reading *r, const struct setting *s, const yaml_node_t *node)
{
	bool number = s->type == SETTING_NUMBER || s->type == SETTING_SECONDS ||
	              s->type == SETTING_MILLISECONDS;
	if (node->type != YAML_SCALAR_NODE)
		return reading_refuse_node(r, node, s->key, number ? "a number" : "a text");
	if (node_is_null(node))
		return reading_refuse(r, node_line(node), s->key, "has no value");
	if (number && !node_is_plain(node))
		return reading_refuse(r, node_line(node), s->key,
		                      "expected a number, found a text in quotes");
	struct reason why;
	status got = value_read(s, node_text(node), r->dir, r->a, r->conf, &why);
	return got == ST_INVALID ? reading_refuse(r, node_line(node), s->key, why.text) : got;
}

static status read_setting(struct reading *r, size_t i, size_t line, int value)
{
	const struct setting *s = &SETTINGS[i];
	if (r->lines[i]) {
		struct reason why;
		value_refused(&why, "is there twice, first in line %zu", r->lines[i]);
		return reading_refuse(r, line, s->key, why.text);
	}
	r->lines[i] = line;
	yaml_node_t *node;
	TRY(reading_node(r, value, s->key, &node));
	if (s->count_offset)
		return reading_list(r, s, node);
	return read_scalar(r, s, node);
}

static status read_mapping(struct reading *r, const yaml_node_t *node, const char *prefix);

static status read_section(struct reading *r, const char *key, int index)
{
	yaml_node_t *node;
	TRY(reading_node(r, index, key, &node));
	if (node_is_null(node)) /* all of its keys are commented out */
		return ST_OK;
	if (node->type != YAML_MAPPING_NODE)
		return reading_refuse_node(r, node, key, "keys with values");
	return read_mapping(r, node, key);
}

/* Every pair before this one is known and different, so this ends soon. */
static status section_is_new(const struct reading *r, const yaml_node_t *node,
                             const yaml_node_pair_t *this, const char *key, size_t line)
{
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < this; pair++)
		if (slice_is(node_text(yaml_document_get_node(r->document, pair->key)), key))
			return reading_refuse(r, line, key, "is there twice");
	return ST_OK;
}

/* Sections are not nested, so this is called once more at most. */
static status read_mapping(struct reading *r, const yaml_node_t *node, const char *prefix)
{
	const yaml_node_pair_t *end = node->data.mapping.pairs.top;
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < end; pair++) {
		char key[KEY_MAX];
		size_t line;
		TRY(reading_key(r, pair, prefix, key, &line));
		size_t i = setting_index(key);
		if (i < SETTINGS_N) {
			TRY(read_setting(r, i, line, pair->value));
			continue;
		}
		if (!is_section(key))
			return unknown_key(r, line, key);
		TRY(section_is_new(r, node, pair, key, line));
		TRY(read_section(r, key, pair->value));
	}
	return ST_OK;
}

/* systemd passes secrets as files in a folder of the service's own: LoadCredential=kek:… */
static const char *standard_of(const struct setting *s, struct arena *a)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	if (s->offset != offsetof(struct conf, kek_file) || !credentials || !credentials[0])
		return s->standard;
	return (const char *)arena_format(a, "%s/kek", credentials).p;
}

static status fill_in(const struct reading *r)
{
	for (size_t i = 0; i < SETTINGS_N; i++) {
		const struct setting *s = &SETTINGS[i];
		if (r->lines[i])
			continue;
		if (s->required)
			return reading_refuse(r, 0, s->key, "is required and missing");
		if (!s->standard || s->count_offset) /* absent, or a list of nothing */
			continue;
		const char *standard = standard_of(s, r->a);
		if (!standard)
			return ST_NOMEM;
		struct reason why;
		status got = value_read(s, slice_str(standard), r->dir, r->a, r->conf, &why);
		if (got == ST_INVALID)
			return reading_refuse(r, 0, s->key, why.text);
		TRY(got);
	}
	return ST_OK;
}

static status read_document(struct reading *r)
{
	yaml_node_t *root = yaml_document_get_root_node(r->document);
	if (root && !node_is_null(root)) {
		if (root->type != YAML_MAPPING_NODE)
			return reading_refuse_node(r, root, NULL, "keys with values");
		TRY(read_mapping(r, root, ""));
	}
	TRY(fill_in(r));
	struct reason why;
	const char *key = conf_fault(r->conf, &why);
	return key ? reading_refuse(r, r->lines[setting_index(key)], key, why.text) : ST_OK;
}

/* ---- the text ------------------------------------------------------------------------------- */

static status refuse_syntax(const struct reading *r, const yaml_parser_t *p, struct slice text)
{
	if (p->error == YAML_MEMORY_ERROR)
		return ST_NOMEM;
	size_t line = p->problem_mark.line + 1;
	if (p->error == YAML_READER_ERROR) { /* knows no lines */
		line = 1;
		for (size_t i = 0; i < text.n && i < p->problem_offset; i++)
			line += text.p[i] == '\n';
	}
	struct reason why;
	value_refused(&why, "%s%s%s", p->problem ? p->problem : "not YAML", p->context ? " " : "",
	              p->context ? p->context : "");
	return reading_refuse(r, line, NULL, why.text);
}

/* Behind the document there may not be another. */
static status refuse_second(const struct reading *r, yaml_parser_t *p, struct slice text)
{
	yaml_document_t second;
	if (!yaml_parser_load(p, &second))
		return refuse_syntax(r, p, text);
	bool there = yaml_document_get_root_node(&second) != NULL;
	size_t line = second.start_mark.line + 1;
	yaml_document_delete(&second);
	return there ? reading_refuse(r, line, NULL, "a second document begins here") : ST_OK;
}

static status parse_document(struct reading *r, yaml_parser_t *p, struct slice text)
{
	yaml_document_t document;
	if (!yaml_parser_load(p, &document))
		return refuse_syntax(r, p, text);
	r->document = &document;
	status s = read_document(r);
	if (s == ST_OK && yaml_document_get_root_node(&document))
		s = refuse_second(r, p, text);
	yaml_document_delete(&document);
	return s;
}

status conf_parse(struct slice text, const char *name, const char *dir, struct arena *a,
                  struct conf **ret, struct error *e)
{
	struct reading r = {.name = name, .dir = dir, .a = a, .e = e};
	r.conf = arena_new(a, struct conf);
	yaml_parser_t parser;
	if (!r.conf || !yaml_parser_initialize(&parser))
		return ST_NOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, text.p ? text.p : (const uint8_t *)"", text.n);
	status s = parse_document(&r, &parser, text);
	yaml_parser_delete(&parser);
	if (s == ST_OK)
		*ret = r.conf;
	return s;
}

/* ---- the file ------------------------------------------------------------------------------- */

static status refuse_file(const char *path, int fault, struct error *e)
{
	status s = fault == ENOENT || fault == ENOTDIR ? ST_NOT_FOUND : ST_IO;
	return error_set(e, s, "%s: %s", path, strerrordesc_np(fault));
}

static status read_file(const char *path, struct buf *out, struct error *e)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return refuse_file(path, errno, e);
	status s = fd_read_all(fd, FILE_MAX, out);
	if (s == ST_TOO_LARGE)
		return error_set(e, ST_INVALID, "%s: is longer than %d KiB", path, FILE_MAX >> 10);
	return s == ST_IO ? refuse_file(path, errno, e) : s;
}

static status folder_of(const char *path, struct arena *a, const char **ret, struct error *e)
{
	const char *slash = strrchr(path, '/');
	struct slice folder = !slash          ? SLICE(".")
	                      : slash == path ? SLICE("/")
	                                      : slice_of(path, (size_t)(slash - path));
	char *name = arena_string(a, folder);
	if (!name)
		return ST_NOMEM;
	AUTO_MEM char *real = realpath(name, NULL);
	if (!real)
		return refuse_file(name, errno, e);
	*ret = arena_string(a, slice_str(real));
	return *ret ? ST_OK : ST_NOMEM;
}

status conf_load(const char *path, struct arena *a, struct conf **ret, struct error *e)
{
	AUTO_BUF struct buf text = { 0 };
	const char *folder = NULL;
	TRY(read_file(path, &text, e));
	TRY(folder_of(path, a, &folder, e));
	return conf_parse(buf_slice(&text), path, folder, a, ret, e);
}
