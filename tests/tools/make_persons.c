/*
 * Synthetic persons and companies for tests, demonstrations and measurements.
 *
 *	make_persons [--seed N] [--json] [--entities] COUNT > persons.csv
 *
 * The same seed gives the same rows; a smaller COUNT gives the first of them. Numbers are unique by
 * construction and have right check characters; of two hundred persons, five have another document
 * than a resident's. Persons are of age. Telephone numbers are of a range that is not in use,
 * addresses and companies are made up. The representatives of --entities are residents among the
 * persons of the same seed (of the first 103 for each 100 companies).
 */
#include "authd/model/number_form.h"
#include "libauth/base/mem.h"
#include "tests/tools/person_tables.h"

#include <errno.h>
#include <stdio.h>

enum {
	FIRST_YEAR = 1940,
	LAST_YEAR = 2006,
	DAYS_MAX = (LAST_YEAR - FIRST_YEAR + 1) * 366,
	DISTRICTS = 6,   /* of each prefecture, 02 to 07; but for the last three: */
	WHOLE = 3,       /* residence permits name Hong Kong, Macao or Taiwan as a whole, 810000 */
	SEQUENCES = 999, /* of one area and day, 001 to 999 */
	OUT_SIZE = 1 << 20,
	ROW_MAX = 2048,
	COUNT_MAX = 500000000,
};
enum { DIVIDED = COUNT_OF(prefectures) - WHOLE, AREAS = DIVIDED * DISTRICTS + WHOLE };

/* A permutation of 0..size-1: i -> (i * step + start) mod size. */
struct shuffle {
	uint64_t size, step, start;
};

struct maker {
	uint64_t seed;
	bool json, entities;
	struct shuffle residents, foreigners, digits_8, credit;
	char (*dates)[8]; /* yyyymmdd of each day */
	size_t dates_n;
	char *out;
	size_t out_n;
};

struct person {
	const char *type;
	char number[NUMBER_LENGTH_MAX + 1];
	char date[8];
	bool male;
	char name[64], login_name[64];
	char address[128];
};

/* ---- chance, but the same each time --------------------------------------------------------- */

static uint64_t mix(uint64_t z)
{
	z += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Take a choice of n out of the random bits. */
static size_t choose(uint64_t *bits, size_t n)
{
	size_t choice = *bits % n;
	*bits = *bits / n + (*bits << 61);
	return choice;
}
#define CHOOSE(bits, table) ((table)[choose((bits), COUNT_OF(table))])

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static struct shuffle shuffle_of(uint64_t size, uint64_t seed)
{
	struct shuffle s = {.size = size, .start = mix(seed) % size};
	s.step = size / 5 * 3 + mix(seed + 1) % (size / 5);
	while (greatest_common_divisor(s.step, size) != 1)
		s.step++;
	return s;
}

static uint64_t shuffled(const struct shuffle *s, uint64_t i)
{
	return (uint64_t)(((unsigned __int128)i * s->step + s->start) % s->size);
}

/* ---- numbers -------------------------------------------------------------------------------- */

static void put_digits(char *out, uint64_t value, size_t n)
{
	for (size_t k = n; k > 0; k--) {
		out[k - 1] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Area, birth date and sequence behind the first characters of an 18-character number. */
static void finish_18(const struct maker *m, uint64_t day, uint64_t sequence, struct person *p)
{
	memcpy(p->date, m->dates[day], 8);
	memcpy(p->number + 6, p->date, 8);
	put_digits(p->number + 14, 1 + sequence, 3);
	p->number[17] = number_mod_11_2(p->number);
	p->male = (1 + sequence) % 2;
}

static const struct prefecture *make_resident(const struct maker *m, uint64_t i, struct person *p)
{
	uint64_t place = shuffled(&m->residents, i);
	uint64_t sequence = place % SEQUENCES, day = place / SEQUENCES % m->dates_n;
	uint64_t area = place / SEQUENCES / m->dates_n;
	bool whole = area >= DIVIDED * DISTRICTS;
	const struct prefecture *home =
	        &prefectures[whole ? area - DIVIDED * DISTRICTS + DIVIDED : area / DISTRICTS];
	p->type = "resident";
	memcpy(p->number, home->code, 4);
	put_digits(p->number + 4, whole ? 0 : 2 + area % DISTRICTS, 2);
	finish_18(m, day, sequence, p);
	return home;
}

/* One of five kinds for the last five of each two hundred; k counts the two hundreds. */
static void make_other(const struct maker *m, uint64_t k, unsigned kind, uint64_t *bits,
                       struct person *p)
{
	uint64_t digits = shuffled(&m->digits_8, k);
	uint64_t place = shuffled(&m->foreigners, k);
	uint64_t nation = place / SEQUENCES / m->dates_n;
	p->male = choose(bits, 2);
	memcpy(p->date, m->dates[choose(bits, m->dates_n)], 8);
	switch (kind) {
	case 0:
		p->type = "foreign_pr";
		memcpy(p->number, "911", 3);
		memcpy(p->number + 3, nations[nation].digits, 3);
		finish_18(m, place / SEQUENCES % m->dates_n, place % SEQUENCES, p);
		return;
	case 1:
		p->type = "foreign_pr";
		memcpy(p->number, CHOOSE(bits, nations).letters, 3);
		memcpy(p->number + 3, "1101", 4);
		put_digits(p->number + 7, digits, 8);
		return;
	case 2:
		p->type = "hm_travel";
		p->number[0] = digits % 2 ? 'H' : 'M';
		put_digits(p->number + 1, digits, 8);
		return;
	case 3:
		p->type = "tw_travel";
		put_digits(p->number, digits, 8);
		return;
	default:
		p->type = "passport";
		p->number[0] = 'E';
		put_digits(p->number + 1, digits, 8);
		return;
	}
}

static void make_credit(const struct maker *m, uint64_t i, const struct prefecture *home, char *out)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	uint64_t place = shuffled(&m->credit, i);
	memcpy(out, "91", 2);
	memcpy(out + 2, home->code, 4);
	memcpy(out + 6, "00MA", 4);
	for (size_t k = 0; k < 6; k++, place /= 31)
		out[10 + k] = alphabet[place % 31];
	out[16] = number_organisation_check(out + 8);
	out[17] = number_credit_check(out);
	out[18] = '\0';
}

/* ---- texts ---------------------------------------------------------------------------------- */

static char *put(char *at, const char *text)
{
	size_t n = strlen(text);
	memcpy(at, text, n + 1);
	return at + n;
}

static char *put_base_36(char *at, uint64_t value)
{
	char text[14];
	size_t n = sizeof text;
	text[--n] = '\0';
	do {
		text[--n] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % 36];
		value /= 36;
	} while (value);
	return put(at, text + n);
}

static void name_chinese(uint64_t *bits, struct person *p, char **login)
{
	const struct syllable *surname = &CHOOSE(bits, surnames);
	char *name = put(p->name, surname->text);
	*login = put(*login, surname->latin);
	*login = put(*login, ".");
	for (size_t n = 1 + (choose(bits, 5) > 0); n > 0; n--) {
		const struct syllable *given =
		        p->male ? &CHOOSE(bits, given_male) : &CHOOSE(bits, given_female);
		name = put(name, given->text);
		*login = put(*login, given->latin);
	}
}

static void name_latin(uint64_t *bits, struct person *p, char **login)
{
	char *name = p->name;
	for (size_t word = 0; word < 2; word++) {
		char *start = name;
		if (word)
			*login = put(*login, ".");
		for (size_t n = 2 + choose(bits, 2); n > 0; n--) {
			const char *syllable = CHOOSE(bits, latin_syllables);
			name = put(name, syllable);
			*login = put(*login, syllable);
		}
		*start = (char)(*start - 'a' + 'A');
		if (!word)
			name = put(name, " ");
	}
}

static void make_person(const struct maker *m, uint64_t i, struct person *p)
{
	enum { PERIOD = 200, RESIDENTS = 195 };
	uint64_t bits = mix(m->seed ^ mix(i));
	memset(p, 0, sizeof *p);
	const struct prefecture *home = NULL;
	if (i % PERIOD < RESIDENTS)
		home = make_resident(m, i, p);
	else
		make_other(m, i / PERIOD, (unsigned)(i % PERIOD - RESIDENTS), &bits, p);

	char *login = p->login_name;
	bool foreign = strcmp(p->type, "foreign_pr") == 0;
	if (foreign)
		name_latin(&bits, p, &login);
	else
		name_chinese(&bits, p, &login);
	put_base_36(put(login, "."), i);

	char *address = put(p->address, home ? home->name : CHOOSE(&bits, prefectures).name);
	char house[4];
	put_digits(house, 100 + choose(&bits, 900), 3);
	house[3] = '\0';
	put(put(put(address, CHOOSE(&bits, streets)), house), "号");
}

/* ---- rows ----------------------------------------------------------------------------------- */

static bool flush(struct maker *m)
{
	bool written = fwrite(m->out, 1, m->out_n, stdout) == m->out_n;
	m->out_n = 0;
	return written;
}

struct column {
	const char *name, *value;
};

/* None of the values has a character that CSV or JSON would want quoted. Empty ones are left out
 * of JSON. */
static void put_row(struct maker *m, const struct column *columns, size_t n)
{
	char *at = m->out + m->out_n;
	bool first = true;
	if (m->json)
		*at++ = '{';
	for (size_t k = 0; k < n; k++) {
		if (m->json && !columns[k].value[0])
			continue;
		if (!first)
			*at++ = ',';
		first = false;
		if (m->json)
			at = put(put(put(at, "\""), columns[k].name), "\":\"");
		at = put(at, columns[k].value);
		if (m->json)
			*at++ = '"';
	}
	if (m->json)
		*at++ = '}';
	*at++ = '\n';
	m->out_n = (size_t)(at - m->out);
}

/* Of a register's rows, some columns are empty. */
static void put_person(struct maker *m, uint64_t i)
{
	struct person p;
	make_person(m, i, &p);
	uint64_t bits = mix(m->seed + mix(i));
	char date[11], phone[15] = "+8612", email[96] = "";
	memcpy(date, p.date, 4);
	memcpy(date + 5, p.date + 4, 2);
	memcpy(date + 8, p.date + 6, 2);
	date[4] = date[7] = '-';
	date[10] = '\0';
	put_digits(phone + 5, i, 9);
	phone[14] = '\0';
	put(put(email, p.login_name), "@example.com");
	const struct column columns[] = {
	        {"type", p.type},
	        {"number", p.number},
	        {"name", p.name},
	        {"birthdate", date},
	        {"gender", p.male ? "male" : "female"},
	        {"phone_number", choose(&bits, 10) ? phone : ""},
	        {"email", choose(&bits, 3) ? email : ""},
	        {"address", choose(&bits, 5) ? p.address : ""},
	        {"login_name", choose(&bits, 4) ? p.login_name : ""},
	};
	put_row(m, columns, COUNT_OF(columns));
}

static void put_entity(struct maker *m, uint64_t i)
{
	struct person representative;
	make_person(m, i / 195 * 200 + i % 195, &representative);
	uint64_t bits = mix(m->seed - mix(i));
	const struct prefecture *home = &prefectures[choose(&bits, DIVIDED)];
	char number[19], name[96];
	make_credit(m, i, home, number);
	char *at = put(put(name, home->name), CHOOSE(&bits, company_words));
	at = put(put(at, CHOOSE(&bits, company_words)), CHOOSE(&bits, trades));
	put(at, "有限公司");
	const struct column columns[] = {
	        {"number", number},
	        {"name", name},
	        {"representative_name", representative.name},
	        {"representative_number", representative.number},
	};
	put_row(m, columns, COUNT_OF(columns));
}

static bool put_all(struct maker *m, uint64_t count)
{
	if (!m->json)
		m->out_n = (size_t)(put(m->out, m->entities ? "number,name,representative_name,"
		                                              "representative_number\n"
		                                            : "type,number,name,birthdate,gender,"
		                                              "phone_number,email,"
		                                              "address,login_name\n") -
		                    m->out);
	for (uint64_t i = 0; i < count; i++) {
		if (m->entities)
			put_entity(m, i);
		else
			put_person(m, i);
		if (m->out_n > OUT_SIZE - ROW_MAX && !flush(m))
			return false;
	}
	return flush(m) && fflush(stdout) == 0;
}

/* ---- the command ---------------------------------------------------------------------------- */

static void fill_dates(struct maker *m)
{
	static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	for (unsigned year = FIRST_YEAR; year <= LAST_YEAR; year++)
		for (unsigned month = 1; month <= 12; month++)
			for (unsigned day = 1; day <= days[month - 1] + (month == 2 && !(year % 4));
			     day++)
				put_digits(m->dates[m->dates_n++], year * 10000 + month * 100 + day,
				           8);
}

static bool maker_init(struct maker *m)
{
	m->dates = calloc(DAYS_MAX, sizeof *m->dates);
	m->out = malloc(OUT_SIZE);
	if (!m->dates || !m->out)
		return false;
	fill_dates(m);
	uint64_t day_places = m->dates_n * SEQUENCES;
	m->residents = shuffle_of(AREAS * day_places, m->seed);
	m->foreigners = shuffle_of(COUNT_OF(nations) * day_places, m->seed + 2);
	m->digits_8 = shuffle_of(100000000, m->seed + 4);
	m->credit = shuffle_of(UINT64_C(887503681), m->seed + 6); /* 31^6 */
	return true;
}

static void maker_done(struct maker *m)
{
	free(m->dates);
	free(m->out);
}

static bool read_number(const char *text, uint64_t *ret)
{
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno || !is_digit((uint8_t)text[0]) || *end)
		return false;
	*ret = value;
	return true;
}

static bool read_arguments(int argc, char **argv, struct maker *m, uint64_t *ret_count)
{
	bool counted = false;
	for (int k = 1; k < argc; k++) {
		if (strcmp(argv[k], "--json") == 0)
			m->json = true;
		else if (strcmp(argv[k], "--entities") == 0)
			m->entities = true;
		else if (strcmp(argv[k], "--seed") == 0 && k + 1 < argc &&
		         read_number(argv[k + 1], &m->seed))
			k++;
		else if (!counted && read_number(argv[k], ret_count) && *ret_count <= COUNT_MAX)
			counted = true;
		else
			return false;
	}
	return counted;
}

int main(int argc, char **argv)
{
	__attribute__((cleanup(maker_done))) struct maker m = {.seed = 716};
	uint64_t count;
	if (!read_arguments(argc, argv, &m, &count)) {
		fprintf(stderr,
		        "usage: make_persons [--seed N] [--json] [--entities] COUNT   (at most "
		        "%d)\n",
		        COUNT_MAX);
		return 2;
	}
	if (!maker_init(&m)) {
		fprintf(stderr, "make_persons: out of memory\n");
		return 1;
	}
	if (!put_all(&m, count)) {
		fprintf(stderr, "make_persons: cannot write: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}
