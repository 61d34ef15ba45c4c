#include "authd/model/subject.h"

#include "authd/model/codec.h"

#define AT(member) offsetof(struct subject, member)

static const struct codec_field fields[] = {
	{1, CODEC_ID, AT(id)},
	{2, CODEC_ENUM, AT(kind), SUBJECT_NATURAL, SUBJECT_LEGAL},
	{3, CODEC_ENUM, AT(state), SUBJECT_ACTIVE, SUBJECT_MERGED},
	{4, CODEC_ENUM, AT(number_type), NUMBER_NONE, NUMBER_TYPE_LAST},
	{5, CODEC_SLICE, AT(number)},
	{6, CODEC_SLICE, AT(name)},
	{7, CODEC_SLICE, AT(login_name)},
	{8, CODEC_SLICE, AT(phone_number)},
	{9, CODEC_SLICE, AT(email)},
	{10, CODEC_BOOL, AT(phone_number_verified)},
	{11, CODEC_BOOL, AT(email_verified)},
	{12, CODEC_SLICE, AT(birthdate)},
	{13, CODEC_SLICE, AT(gender)},
	{14, CODEC_SLICE, AT(address)},
	{15, CODEC_SLICE, AT(representative_name)},
	{16, CODEC_SLICE, AT(representative_number)},
	{17, CODEC_BOOL, AT(number_flagged)},
	{18, CODEC_INT, AT(level), 0, LEVEL_MAX},
	{19, CODEC_INT64, AT(created_at)},
	{20, CODEC_INT64, AT(updated_at)},
	{21, CODEC_SLICE, AT(family_name)},
	{22, CODEC_SLICE, AT(given_name)},
	{23, CODEC_SLICE, AT(middle_name)},
	{24, CODEC_SLICE, AT(nickname)},
	{25, CODEC_SLICE, AT(profile)},
	{26, CODEC_SLICE, AT(picture)},
	{27, CODEC_SLICE, AT(website)},
	{28, CODEC_SLICE, AT(zoneinfo)},
	{29, CODEC_SLICE, AT(locale)},
	{40, CODEC_SLICE, AT(former)},
	{41, CODEC_ID, AT(merged_into)},
	{42, CODEC_ENUM, AT(merged_state), 0, SUBJECT_DEREGISTERED},
};
static const struct codec SUBJECT = CODEC(struct subject, fields);

status subject_encode(const struct subject *s, struct buf *out)
{
	return codec_encode(&SUBJECT, s, out);
}

status subject_decode(struct slice bytes, struct subject *ret)
{
	return codec_decode(&SUBJECT, bytes, NULL, ret);
}
