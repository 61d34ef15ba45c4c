#include "conf/settings.h"

#include "libauth/base/buf.h"
#include "libauth/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>
#include <yaml.h>

enum { FILE_MAX = 64 << 10, KEY_MAX = 64 };

/* A file being read. */
struct reading {
	const char *name; /* for messages */
	const char *dir;  /* what relative paths start from */
	yaml_document_t *document;
	struct arena *a;
	struct conf *conf;
	size_t lines[SETTINGS_N]; /* where each setting stands; 0: not in the file */
	struct error *e;
};

/* ---- refusing ------------------------------------------------------------------------------- */

/* "authd.yaml:12: listen.port: 70000 is not between 0 and 65535"; line 0: none. */
static status refuse(const struct reading *r, size_t line, const char *key, const char *reason)
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

static size_t line_of(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

static status refuse_node(const struct reading *r, const yaml_node_t *node, const char *key,
                          const char *expected)
{
	struct reason why;
	const char *found = node->type == YAML_SEQUENCE_NODE  ? "a list"
	                    : node->type == YAML_MAPPING_NODE ? "keys with values"
	                                                      : "a single value";
	refused(&why, "expected %s, found %s", expected, found);
	return refuse(r, line_of(node), key, why.text);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static struct slice text_of(const yaml_node_t *node)
{
	return slice_of(node->data.scalar.value, node->data.scalar.length);
}

static bool is_plain(const yaml_node_t *node)
{
	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* Nothing, ~ or null (YAML 1.2 §10.3.2). */
static bool is_null(const yaml_node_t *node)
{
	struct slice text = text_of(node);
	return node->type == YAML_SCALAR_NODE && is_plain(node) &&
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

/* A node of the document that has no tag of its own. */
static status get_node(const struct reading *r, int index, const char *key, yaml_node_t **ret)
{
	yaml_node_t *node = yaml_document_get_node(r->document, index);
	if (!node || node->type == YAML_NO_NODE)
		return refuse(r, 0, key, "has no value");
	if (!has_plain_tag(node))
		return refuse(r, line_of(node), key, "tags (!) have no meaning here");
	*ret = node;
	return ST_OK;
}

/* The name that a mapping's key has below prefix: "listen" and "port" make "listen.port". */
static status get_key(const struct reading *r, const yaml_node_pair_t *pair, const char *prefix,
                      char ret[KEY_MAX], size_t *ret_line)
{
	yaml_node_t *node;
	TRY(get_node(r, pair->key, NULL, &node));
	if (node->type != YAML_SCALAR_NODE)
		return refuse_node(r, node, NULL, "the name of a setting");
	struct slice text = text_of(node);
	if (!text.n || text.n + strlen(prefix) + 2 > KEY_MAX || slice_find(text, '\0') < text.n)
		return refuse(r, line_of(node), shown(text).text, "unknown key");
	if (slice_find(text, '.') < text.n)
		return refuse(r, line_of(node), shown(text).text,
		              "unknown key; sections are nested, not dotted");
	snprintf(ret, KEY_MAX, "%s%s%.*s", prefix, prefix[0] ? "." : "", SLICE_FMT(text));
	*ret_line = line_of(node);
	return ST_OK;
}

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
		refused(&why, "unknown key; did you mean %s?", nearest);
	else
		refused(&why, "unknown key");
	return refuse(r, line, shown(slice_str(key)).text, why.text);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static status scalar_item(const struct reading *r, int index, const char *key, const char *expected,
                          yaml_node_t **ret)
{
	TRY(get_node(r, index, key, ret));
	if ((*ret)->type != YAML_SCALAR_NODE || is_null(*ret))
		return refuse_node(r, *ret, key, expected);
	return ST_OK;
}

static status read_addresses(const struct reading *r, const char *key, const int *items, size_t n,
                             const char **ret)
{
	for (size_t i = 0; i < n; i++) {
		yaml_node_t *node;
		struct reason why;
		TRY(scalar_item(r, items[i], key, "an address", &node));
		if (!value_is_address(text_of(node), &why))
			return refuse(r, line_of(node), key, why.text);
		ret[i] = arena_string(r->a, text_of(node));
		if (!ret[i])
			return ST_NOMEM;
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
	TRY(get_key(r, pair, section, key, &line));
	bool is_user = strcmp(key, "admin.operators.user") == 0;
	if (!is_user && strcmp(key, "admin.operators.role") != 0)
		return refuse(r, line, shown(slice_str(key)).text,
		              "unknown key; an operator has user and role");
	const char **place = is_user ? &o->user : &o->role;
	if (*place)
		return refuse(r, line, key, "is there twice");
	TRY(scalar_item(r, pair->value, key, is_user ? "a user's name" : "a role", &node));
	if (!is_user && !value_is_word(OPERATOR_ROLES, text_of(node), &why))
		return refuse(r, line, key, why.text);
	if (slice_find(text_of(node), '\0') < text_of(node).n)
		return refuse(r, line, key, "has a control character in it");
	*place = arena_string(r->a, text_of(node));
	return *place ? ST_OK : ST_NOMEM;
}

static status read_operator(const struct reading *r, const char *key, int index,
                            struct conf_operator *o)
{
	yaml_node_t *node;
	TRY(get_node(r, index, key, &node));
	if (node->type != YAML_MAPPING_NODE)
		return refuse_node(r, node, key, "user and role");
	const yaml_node_pair_t *end = node->data.mapping.pairs.top;
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < end; pair++)
		TRY(read_operator_key(r, pair, key, o));
	if (!o->user || !o->role)
		return refuse(r, line_of(node), key,
		              o->user ? "role is missing" : "user is missing");

	status s = find_user(o->user, &o->uid);
	if (s == ST_NOT_FOUND) {
		struct reason why;
		refused(&why, "there is no system user %s", shown(slice_str(o->user)).text);
		return refuse(r, line_of(node), key, why.text);
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
			return refuse(r, line_of(node), key, "the same user is there twice");
		}
	}
	return ST_OK;
}

static status read_list(const struct reading *r, const struct setting *s, const yaml_node_t *node)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return refuse_node(r, node, s->key, "a list");
	const int *items = node->data.sequence.items.start;
	size_t n = (size_t)(node->data.sequence.items.top - items);
	if (n > SETTING_LIST_MAX)
		return refuse(r, line_of(node), s->key, "has more than 64 items");
	if (!n)
		return ST_OK;

	void *list;
	if (s->type == SETTING_ADDRESSES) {
		const char **addresses = list = arena_array(r->a, const char *, n);
		if (!list)
			return ST_NOMEM;
		TRY(read_addresses(r, s->key, items, n, addresses));
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

/* ---- settings ------------------------------------------------------------------------------- */

static status read_scalar(const struct reading *r, const struct setting *s, const yaml_node_t *node)
{
	bool number = s->type == SETTING_NUMBER || s->type == SETTING_SECONDS ||
	              s->type == SETTING_MILLISECONDS;
	if (node->type != YAML_SCALAR_NODE)
		return refuse_node(r, node, s->key, number ? "a number" : "a text");
	if (is_null(node))
		return refuse(r, line_of(node), s->key, "has no value");
	if (number && !is_plain(node))
		return refuse(r, line_of(node), s->key,
		              "expected a number, found a text in quotes");
	struct reason why;
	status got = value_read(s, text_of(node), r->dir, r->a, r->conf, &why);
	return got == ST_INVALID ? refuse(r, line_of(node), s->key, why.text) : got;
}

static status read_setting(struct reading *r, size_t i, size_t line, int value)
{
	const struct setting *s = &SETTINGS[i];
	if (r->lines[i]) {
		struct reason why;
		refused(&why, "is there twice, first in line %zu", r->lines[i]);
		return refuse(r, line, s->key, why.text);
	}
	r->lines[i] = line;
	yaml_node_t *node;
	TRY(get_node(r, value, s->key, &node));
	if (s->type == SETTING_ADDRESSES || s->type == SETTING_OPERATORS)
		return read_list(r, s, node);
	return read_scalar(r, s, node);
}

static status read_mapping(struct reading *r, const yaml_node_t *node, const char *prefix);

static status read_section(struct reading *r, const char *key, int index)
{
	yaml_node_t *node;
	TRY(get_node(r, index, key, &node));
	if (is_null(node)) /* all of its keys are commented out */
		return ST_OK;
	if (node->type != YAML_MAPPING_NODE)
		return refuse_node(r, node, key, "keys with values");
	return read_mapping(r, node, key);
}

/* Every pair before this one is known and different, so this ends soon. */
static status section_is_new(const struct reading *r, const yaml_node_t *node,
                             const yaml_node_pair_t *this, const char *key, size_t line)
{
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < this; pair++)
		if (slice_is(text_of(yaml_document_get_node(r->document, pair->key)), key))
			return refuse(r, line, key, "is there twice");
	return ST_OK;
}

/* Sections are not nested, so this is called once more at most. */
static status read_mapping(struct reading *r, const yaml_node_t *node, const char *prefix)
{
	const yaml_node_pair_t *end = node->data.mapping.pairs.top;
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < end; pair++) {
		char key[KEY_MAX];
		size_t line;
		TRY(get_key(r, pair, prefix, key, &line));
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
			return refuse(r, 0, s->key, "is required and missing");
		if (!s->standard || s->count_offset) /* absent, or a list of nothing */
			continue;
		const char *standard = standard_of(s, r->a);
		if (!standard)
			return ST_NOMEM;
		struct reason why;
		status got = value_read(s, slice_str(standard), r->dir, r->a, r->conf, &why);
		if (got == ST_INVALID)
			return refuse(r, 0, s->key, why.text);
		TRY(got);
	}
	return ST_OK;
}

static status read_document(struct reading *r)
{
	yaml_node_t *root = yaml_document_get_root_node(r->document);
	if (root && !is_null(root)) {
		if (root->type != YAML_MAPPING_NODE)
			return refuse_node(r, root, NULL, "keys with values");
		TRY(read_mapping(r, root, ""));
	}
	TRY(fill_in(r));
	struct reason why;
	const char *key = conf_fault(r->conf, &why);
	return key ? refuse(r, r->lines[setting_index(key)], key, why.text) : ST_OK;
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
	refused(&why, "%s%s%s", p->problem ? p->problem : "not YAML", p->context ? " " : "",
	        p->context ? p->context : "");
	return refuse(r, line, NULL, why.text);
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
	return there ? refuse(r, line, NULL, "a second document begins here") : ST_OK;
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

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static status refuse_file(const char *path, int fault, struct error *e)
{
	status s = fault == ENOENT || fault == ENOTDIR ? ST_NOT_FOUND : ST_IO;
	return error_set(e, s, "%s: %s", path, strerrordesc_np(fault));
}

static status read_file(const char *path, struct buf *out, struct error *e)
{
	__attribute__((cleanup(close_file))) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return refuse_file(path, errno, e);
	for (;;) {
		uint8_t *room = buf_room(out, 4096);
		if (!room)
			return out->n + 4096 > FILE_MAX
			               ? error_set(e, ST_INVALID, "%s: is longer than %d KiB", path,
			                           FILE_MAX >> 10)
			               : ST_NOMEM;
		ssize_t n = read(fd, room, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return refuse_file(path, errno, e);
		if (n == 0)
			return ST_OK;
		buf_grown(out, (size_t)n);
	}
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
	AUTO_BUF struct buf text = {.limit = FILE_MAX};
	const char *folder = NULL;
	TRY(read_file(path, &text, e));
	TRY(folder_of(path, a, &folder, e));
	return conf_parse(buf_slice(&text), path, folder, a, ret, e);
}
