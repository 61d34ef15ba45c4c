#include "libauth/base/json_writer.h"

#include "libauth/base/encode.h"

static void begin_member(struct json_writer *w, const char *name)
{
	if (w->comma)
		buf_put_byte(w->out, ',');
	w->comma = true;
	if (!name)
		return;
	buf_put_byte(w->out, '"');
	buf_put_text(w->out, name);
	buf_put(w->out, SLICE("\":"));
}

static void open_level(struct json_writer *w, const char *name, char opening, char closing)
{
	begin_member(w, name);
	if (w->depth == JSON_WRITER_DEPTH) {
		w->out->failed = true;
		return;
	}
	buf_put_byte(w->out, (uint8_t)opening);
	w->closing[w->depth++] = closing;
	w->comma = false;
}

void json_begin_object(struct json_writer *w, const char *name) { open_level(w, name, '{', '}'); }
void json_begin_array(struct json_writer *w, const char *name) { open_level(w, name, '[', ']'); }

void json_end(struct json_writer *w)
{
	if (!w->depth) {
		w->out->failed = true;
		return;
	}
	buf_put_byte(w->out, (uint8_t)w->closing[--w->depth]);
	w->comma = true;
}

void json_text(struct json_writer *w, const char *name, struct slice value)
{
	if (!value.p)
		return;
	begin_member(w, name);
	buf_put_json_string(w->out, value);
}

void json_raw(struct json_writer *w, const char *name, struct slice json)
{
	if (!json.p)
		return;
	begin_member(w, name);
	buf_put(w->out, json);
}

void json_number(struct json_writer *w, const char *name, int64_t value)
{
	begin_member(w, name);
	buf_put_integer(w->out, value);
}

void json_bool(struct json_writer *w, const char *name, bool value)
{
	begin_member(w, name);
	buf_put_text(w->out, value ? "true" : "false");
}

void json_words(struct json_writer *w, const char *name, struct slice words)
{
	struct slice word;
	if (!slice_next_word(&words, &word))
		return;
	json_begin_array(w, name);
	do
		json_text(w, NULL, word);
	while (slice_next_word(&words, &word));
	json_end(w);
}
