#include "authd/service/claims.h"

#include "libauth/base/mem.h"

const char CLAIMS_SUPPORTED[] =
	"iss sub aud exp iat auth_time nonce acr amr sid at_hash sub_type name birthdate gender "
	"preferred_username updated_at email email_verified phone_number phone_number_verified address";

static void put(struct json_writer *w, const char *name, struct slice value)
{
	if (value.n)
		json_text(w, name, value);
}

static void write_profile(struct json_writer *w, const struct subject *s)
{
	put(w, "name", s->name);
	put(w, "preferred_username", s->login_name);
	put(w, "birthdate", s->birthdate);
	put(w, "gender", s->gender);
	json_number(w, "updated_at", s->updated_at);
}

static void write_email(struct json_writer *w, const struct subject *s)
{
	put(w, "email", s->email);
	if (s->email.n)
		json_bool(w, "email_verified", s->email_verified);
}

static void write_phone(struct json_writer *w, const struct subject *s)
{
	put(w, "phone_number", s->phone_number);
	if (s->phone_number.n)
		json_bool(w, "phone_number_verified", s->phone_number_verified);
}

static void write_address(struct json_writer *w, const struct subject *s)
{
	if (!s->address.n)
		return;
	json_begin_object(w, "address");
	json_text(w, "formatted", s->address);
	json_end(w);
}

static const struct {
	const char *scope;
	void (*write)(struct json_writer *w, const struct subject *s);
} RELEASES[] = {
	{ "profile", write_profile },
	{ "email", write_email },
	{ "phone", write_phone },
	{ "address", write_address },
};

void claims_write(struct json_writer *w, const struct subject *s, struct slice scope)
{
	for (size_t i = 0; i < COUNT_OF(RELEASES); i++)
		if (slice_has_word(scope, slice_str(RELEASES[i].scope)))
			RELEASES[i].write(w, s);
}

bool claims_any(struct slice scope)
{
	for (size_t i = 0; i < COUNT_OF(RELEASES); i++)
		if (slice_has_word(scope, slice_str(RELEASES[i].scope)))
			return true;
	return false;
}
