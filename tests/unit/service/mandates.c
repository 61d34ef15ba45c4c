/* Mandates: offered, accepted, ended with all below; found blindly; sealed; and what the register says. */
#include "fixture.h"

#include "authd/service/mandates.h"
#include "authd/service/marks.h"
#include "authd/service/registration_batch.h"
#include "authd/service/subjects.h"

static const char REP[] = "11010519491231002X", MANAGER[] = "440524188001010014", AGENT[] = "360426199101010071",
		  NOBODY[] = "230306196304054513";

static struct subject put_row(struct fixture *f, enum subject_kind kind, const struct registration *row)
{
	struct subject s;
	struct error e = { 0 };
	struct registration_batch rb;
	enum number_type type = kind == SUBJECT_LEGAL ? NUMBER_CREDIT : NUMBER_RESIDENT;
	assert_ok(registration_batch_begin(&rb, &f->issuer, new_batch(f), &f->arena, kind, NOW, 1));
	if (registration_batch_row(&rb, row, NULL, &e) != ST_OK)
		fail_msg("%s", e.message);
	assert_ok(commit(f, rb.batch));
	assert_ok(subjects_find(&f->issuer, type, row->columns[COLUMN_NUMBER], &f->arena, &s));
	return s;
}

static struct subject person(struct fixture *f, const char *number, const char *name, const char *person_state)
{
	struct registration row = { 0 };
	row.columns[COLUMN_NUMBER] = slice_str(number);
	row.columns[COLUMN_NAME] = slice_str(name);
	row.columns[COLUMN_STATE] = slice_str(person_state);
	return put_row(f, SUBJECT_NATURAL, &row);
}

static struct subject entity(struct fixture *f, const char *code, const char *rep, const char *rep_name,
			     const char *entity_state)
{
	struct registration row = { 0 };
	row.columns[COLUMN_NUMBER] = slice_str(code);
	row.columns[COLUMN_NAME] = SLICE("福州某某公司");
	row.columns[COLUMN_REPRESENTATIVE_NUMBER] = slice_str(rep);
	row.columns[COLUMN_REPRESENTATIVE_NAME] = slice_str(rep_name);
	row.columns[COLUMN_STATE] = slice_str(entity_state);
	return put_row(f, SUBJECT_LEGAL, &row);
}

static struct subject company(struct fixture *f)
{
	return entity(f, "91350100M000100Y43", REP, "张三", "active");
}

static struct mandate_use *usable(struct fixture *f, const struct subject *s, size_t expected)
{
	struct mandate_use *list;
	size_t n;
	assert_ok(mandates_usable(&f->issuer, s, NOW, &f->arena, &list, &n));
	assert_int_equal(n, expected);
	return list;
}

static struct id only(struct fixture *f, const struct subject *s)
{
	return usable(f, s, 1)[0].mandate.id;
}

static struct mandate wanted(enum mandate_role role, const char *number, const char *name)
{
	static struct slice matters[] = { SLICE_INIT("seal"), SLICE_INIT("tax.filing") };
	return (struct mandate){
		.role = role,
		.agent_type = NUMBER_RESIDENT,
		.agent_number = slice_str(number),
		.agent_name = slice_str(name),
		.matters = { matters, 2 },
		.valid_until = NOW + 86400,
	};
}

static status try_offer(struct fixture *f, struct id parent, struct mandate *m)
{
	struct error e = { 0 };
	struct batch *b = new_batch(f);
	status s = mandates_offer(&f->issuer, b, NOW, parent, m, &f->arena, &e);
	return s == ST_OK ? commit(f, b) : s;
}

static struct id offer(struct fixture *f, struct id parent, enum mandate_role role, const char *number,
		       const char *name)
{
	struct mandate m = wanted(role, number, name);
	assert_ok(try_offer(f, parent, &m));
	return m.id;
}

static status accept(struct fixture *f, const struct subject *s, struct id id)
{
	struct batch *b = new_batch(f);
	status st = mandates_accept(&f->issuer, b, NOW, s, id, &f->arena);
	return st == ST_OK ? commit(f, b) : st;
}

static size_t end(struct fixture *f, struct id id)
{
	size_t n = 0;
	struct batch *b = new_batch(f);
	assert_ok(mandates_end(&f->issuer, b, NOW, id, &f->arena, &n));
	assert_ok(commit(f, b));
	return n;
}

static status use(struct fixture *f, const struct subject *s, struct id id, int64_t now)
{
	struct mandate_use u;
	return mandates_use(&f->issuer, id, s, now, &f->arena, &u);
}

static bool marked(struct fixture *f, struct id id)
{
	bool revoked;
	assert_ok(mark_check(&f->issuer, MARK_MANDATE, id_slice(&id), 0, &f->arena, &revoked));
	return revoked;
}

static enum mandate_state state_of(struct fixture *f, struct id id)
{
	struct mandate m;
	uint64_t version;
	assert_ok(mandates_get(&f->issuer, id, &f->arena, &m, &version));
	return m.state;
}

/* A company with representative, manager and agent. */
struct cast {
	struct subject company, rep, manager, agent;
	struct id of_rep, of_manager, of_agent;
};

static struct cast cast_all(struct fixture *f)
{
	struct cast c = { .company = company(f),
			  .rep = person(f, REP, "张三", "active"),
			  .manager = person(f, MANAGER, "李四", "active"),
			  .agent = person(f, AGENT, "王五", "active") };
	c.of_rep = only(f, &c.rep);
	c.of_manager = offer(f, c.of_rep, MANDATE_MANAGER, MANAGER, "李四");
	assert_ok(accept(f, &c.manager, c.of_manager));
	c.of_agent = offer(f, c.of_manager, MANDATE_AGENT, AGENT, "王五");
	assert_ok(accept(f, &c.agent, c.of_agent));
	return c;
}

/* ---- the tests ------------------------------------------------------------------------------ */

static void the_register_makes_the_representative(void **state)
{
	struct fixture *f = *state;
	struct subject firm = company(f); /* before anybody has that number */
	struct subject rep = person(f, REP, "张三", "active");
	struct mandate_use *u = usable(f, &rep, 1);
	assert_int_equal(u->mandate.role, MANDATE_LEGAL_REP);
	assert_true(id_equal(u->legal.id, firm.id));
	assert_int_equal(u->until, 0);
	struct id first = u->mandate.id;
	company(f); /* the same row again */
	assert_true(id_equal(only(f, &rep), first));

	struct subject namesake = person(f, MANAGER, "张三", "active");
	usable(f, &namesake, 0);
	struct subject other_name = person(f, REP, "张三丰", "active");
	usable(f, &other_name, 0);
}

static void an_agent_accepts_by_themselves(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	struct mandate_use *u = usable(f, &c.agent, 1);
	assert_true(mandate_covers(&u->mandate, SLICE("seal")));
	assert_false(mandate_covers(&u->mandate, SLICE("payment")));
	assert_int_equal(u->until, NOW + 86400);
	assert_true(mandate_covers(&usable(f, &c.manager, 1)->mandate, SLICE("payment")));

	struct id offered = offer(f, c.of_rep, MANDATE_AGENT, AGENT, "王五");
	assert_int_equal(use(f, &c.agent, offered, NOW), ST_FORBIDDEN);
	assert_int_equal(accept(f, &c.manager, offered), ST_FORBIDDEN); /* another's */
	assert_ok(accept(f, &c.agent, offered));
	assert_int_equal(accept(f, &c.agent, offered), ST_FORBIDDEN); /* twice */
	assert_ok(use(f, &c.agent, offered, NOW));
	assert_int_equal(use(f, &c.rep, offered, NOW), ST_FORBIDDEN);
	assert_int_equal(use(f, &c.agent, (struct id){ { 1 } }, NOW), ST_NOT_FOUND);

	struct id declined = offer(f, c.of_rep, MANDATE_AGENT, AGENT, "王五");
	struct batch *b = new_batch(f);
	assert_int_equal(mandates_decline(&f->issuer, b, NOW, &c.rep, declined, &f->arena), ST_FORBIDDEN);
	assert_ok(mandates_decline(&f->issuer, b, NOW, &c.agent, declined, &f->arena));
	assert_ok(commit(f, b));
	assert_int_equal(state_of(f, declined), MANDATE_DECLINED);
	assert_int_equal(accept(f, &c.agent, declined), ST_FORBIDDEN);
}

static void an_offer_waits_for_number_and_name(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	struct id id = offer(f, c.of_rep, MANDATE_AGENT, NOBODY, "赵六");
	struct id misnamed = offer(f, c.of_rep, MANDATE_AGENT, NOBODY, "赵七");
	struct subject zhao = person(f, NOBODY, "赵六", "active");
	struct mandate *list;
	size_t n;
	assert_ok(mandates_of_agent(&f->issuer, &zhao, &f->arena, &list, &n));
	assert_int_equal(n, 1);
	assert_true(id_equal(list[0].id, id));
	assert_int_equal(accept(f, &zhao, misnamed), ST_FORBIDDEN);
	assert_ok(accept(f, &zhao, id));
	usable(f, &zhao, 1);
}

static void roles_descend_and_managers_are_few(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	struct mandate up = wanted(MANDATE_MANAGER, NOBODY, "赵六");
	assert_int_equal(try_offer(f, c.of_manager, &up), ST_INVALID);
	assert_int_equal(try_offer(f, c.of_agent, &up), ST_INVALID);
	up.role = MANDATE_AGENT;
	assert_int_equal(try_offer(f, c.of_agent, &up), ST_INVALID);
	up.role = MANDATE_LEGAL_REP;
	assert_int_equal(try_offer(f, c.of_rep, &up), ST_INVALID);
	for (int i = 1; i < MANDATE_MANAGERS_MAX; i++)
		offer(f, c.of_rep, MANDATE_MANAGER, NOBODY, "赵六");
	struct mandate sixth = wanted(MANDATE_MANAGER, NOBODY, "赵六");
	assert_int_equal(try_offer(f, c.of_rep, &sixth), ST_INVALID);
}

static void two_offers_at_once_are_one_after_the_other(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	struct error e = { 0 };
	struct mandate one = wanted(MANDATE_MANAGER, NOBODY, "赵六"), two = one;
	struct batch *b1 = new_batch(f), *b2 = new_batch(f);
	assert_ok(mandates_offer(&f->issuer, b1, NOW, c.of_rep, &one, &f->arena, &e));
	assert_ok(mandates_offer(&f->issuer, b2, NOW, c.of_rep, &two, &f->arena, &e));
	assert_ok(commit(f, b1));
	assert_int_equal(commit(f, b2), ST_CONFLICT);
}

static void what_an_offer_may_not_be(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	static struct slice odd[] = { SLICE_INIT("two words") };
	struct mandate bad[8];
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		bad[i] = wanted(MANDATE_AGENT, NOBODY, "赵六");
	bad[0].matters = (struct client_list){ 0 }; /* no configuration is no right */
	bad[1].matters = (struct client_list){ odd, 1 };
	bad[2].valid_until = 0;
	bad[3].valid_until = NOW;
	bad[4].valid_until = NOW + MANDATE_LIFE_MAX_S + 1;
	bad[5].agent_number = SLICE("230307196304054513"); /* the check digit */
	bad[6].agent_name = NO_SLICE;
	bad[7].agent_number = slice_str(REP); /* the giver */
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(try_offer(f, c.of_rep, &bad[i]), ST_INVALID);
	struct mandate longer = wanted(MANDATE_AGENT, NOBODY, "赵六");
	longer.valid_until++;
	assert_int_equal(try_offer(f, c.of_manager, &longer), ST_INVALID);
}

static void ending_one_ends_all_below(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	struct id beside = offer(f, c.of_rep, MANDATE_AGENT, AGENT, "王五");
	assert_int_equal(end(f, c.of_manager), 2);
	assert_int_equal(state_of(f, c.of_agent), MANDATE_ENDED);
	assert_int_equal(use(f, &c.agent, c.of_agent, NOW), ST_FORBIDDEN);
	assert_true(marked(f, c.of_manager) && marked(f, c.of_agent));
	assert_false(marked(f, c.of_rep) || marked(f, beside));
	usable(f, &c.manager, 0);
	assert_int_equal(end(f, c.of_rep), 2);
	assert_int_equal(mandates_end(&f->issuer, new_batch(f), NOW, c.of_rep, &f->arena, NULL), ST_NOT_FOUND);
}

static void who_may_end_it(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	const struct {
		const struct subject *who;
		struct id id;
		bool may;
	} cases[] = {
		{ &c.agent, c.of_agent, true },	   { &c.manager, c.of_agent, true }, { &c.rep, c.of_agent, true },
		{ &c.agent, c.of_manager, false }, { &c.rep, c.of_manager, true },   { &c.rep, c.of_rep, false },
		{ &c.manager, c.of_rep, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct mandate m;
		uint64_t version;
		bool may;
		assert_ok(mandates_get(&f->issuer, cases[i].id, &f->arena, &m, &version));
		assert_ok(mandates_may_end(&f->issuer, &m, cases[i].who, &f->arena, &may));
		assert_int_equal(may, cases[i].may);
	}
}

static void time_ends_it(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	assert_ok(use(f, &c.agent, c.of_agent, NOW + 86399));
	assert_int_equal(use(f, &c.agent, c.of_agent, NOW + 86400), ST_FORBIDDEN);
	assert_int_equal(use(f, &c.agent, c.of_agent, NOW - 1), ST_FORBIDDEN);
	struct mandate brief = wanted(MANDATE_MANAGER, NOBODY, "赵六");
	brief.valid_from = NOW + 100;
	assert_ok(try_offer(f, c.of_rep, &brief));
	struct subject zhao = person(f, NOBODY, "赵六", "active");
	assert_ok(accept(f, &zhao, brief.id));
	assert_int_equal(use(f, &zhao, brief.id, NOW), ST_FORBIDDEN);
	assert_ok(use(f, &zhao, brief.id, NOW + 100));
}

static void whoever_is_not_active_ends_it_in_effect(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	entity(f, "91350100M000100Y43", REP, "张三", "suspended");
	usable(f, &c.rep, 0);
	usable(f, &c.agent, 0);
	company(f);
	usable(f, &c.agent, 1);
	person(f, MANAGER, "李四", "suspended");
	usable(f, &c.agent, 0);
	assert_int_equal(state_of(f, c.of_agent), MANDATE_ACTIVE);
	person(f, MANAGER, "李四", "active");
	usable(f, &c.agent, 1);
	person(f, MANAGER, "李四", "deregistered"); /* dead: that is for good */
	assert_int_equal(state_of(f, c.of_agent), MANDATE_ENDED);
	assert_true(marked(f, c.of_agent));
	entity(f, "91350100M000100Y43", REP, "张三", "deregistered");
	usable(f, &c.rep, 0);
	assert_true(marked(f, c.of_rep));
}

static void a_new_representative_ends_the_former_one(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	entity(f, "91350100M000100Y43", MANAGER, "李四", "active");
	usable(f, &c.rep, 0);
	usable(f, &c.agent, 0);
	assert_true(marked(f, c.of_rep) && marked(f, c.of_manager) && marked(f, c.of_agent));
	assert_int_equal(usable(f, &c.manager, 1)->mandate.role, MANDATE_LEGAL_REP);
}

static void a_reissued_document_leads_to_it(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	struct registration row = { 0 };
	row.columns[COLUMN_OPERATION] = SLICE("change");
	row.columns[COLUMN_NUMBER] = slice_str(NOBODY);
	row.columns[COLUMN_PREVIOUS_NUMBER] = slice_str(REP);
	row.columns[COLUMN_NAME] = SLICE("张三");
	c.rep = put_row(f, SUBJECT_NATURAL, &row);
	assert_true(id_equal(only(f, &c.rep), c.of_rep));
	assert_ok(use(f, &c.agent, c.of_agent, NOW));
}

static void found_through_a_rotation_and_sealed(void **state)
{
	struct fixture *f = *state;
	struct cast c = cast_all(f);
	fixture_add_secret(f, SECRET_BLIND_INDEX);
	fixture_add_secret(f, SECRET_SUBJECT_WRAP);
	fixture_reopen(f);
	assert_true(id_equal(only(f, &c.agent), c.of_agent));
	struct id later = offer(f, c.of_rep, MANDATE_AGENT, AGENT, "王五");
	assert_ok(accept(f, &c.agent, later));
	usable(f, &c.agent, 2);

	struct record record;
	struct mandate m;
	assert_ok(records_get(f->issuer.records, TABLE_MANDATES, id_slice(&later), &f->arena, &record));
	assert_int_equal(mandate_record_open(f->issuer.keys, c.of_agent, record.value, &f->arena, &m), ST_CORRUPT);
	assert_null(memmem(record.value.p, record.value.n, "seal", 4));
	assert_null(memmem(record.value.p, record.value.n, AGENT, 18));
	assert_null(memmem(record.value.p, record.value.n, c.agent.id.bytes, 16));
	assert_null(memmem(record.value.p, record.value.n, c.company.id.bytes, 16));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_register_makes_the_representative),
		TEST(an_agent_accepts_by_themselves),
		TEST(an_offer_waits_for_number_and_name),
		TEST(roles_descend_and_managers_are_few),
		TEST(two_offers_at_once_are_one_after_the_other),
		TEST(what_an_offer_may_not_be),
		TEST(ending_one_ends_all_below),
		TEST(who_may_end_it),
		TEST(time_ends_it),
		TEST(whoever_is_not_active_ends_it_in_effect),
		TEST(a_new_representative_ends_the_former_one),
		TEST(a_reissued_document_leads_to_it),
		TEST(found_through_a_rotation_and_sealed),
	};
	return cmocka_run_group_tests_name("mandates", tests, NULL, NULL);
}
