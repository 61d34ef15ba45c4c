/*
 * Write every page, in both languages and each state, with the style sheet and an index, into a
 * folder: to be looked at in a browser, and to be read by the tests.
 *
 * usage: render_pages FOLDER
 *
 * The pages name their style sheet from the root of a site: serve the folder, for instance with
 * `python3 -m http.server --bind 127.0.0.1 --directory FOLDER`. Stand them in frames of 360 pixels
 * to see them as on a phone: a browser's own window does not get that narrow.
 */
#include "authd/page/page.h"
#include "libauth/base/mem.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct output {
	const char *folder;
	enum language language;
	struct buf index, page;
};

static void write_file(const char *folder, const char *name, struct slice bytes)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	if (f && fwrite(bytes.p, 1, bytes.n, f) == bytes.n && fclose(f) == 0)
		return;
	perror(path);
	exit(1);
}

static void keep(struct output *o, const char *page, const char *state, status s)
{
	char file[128];
	snprintf(file, sizeof file, "%s%s%s.%s.html", page, *state ? "-" : "", state,
		 o->language == LANGUAGE_ZH ? "zh" : "en");
	if (s) {
		fprintf(stderr, "%s: %s\n", file, status_name(s));
		exit(1);
	}
	write_file(o->folder, file, buf_slice(&o->page));
	buf_format(&o->index, "<li><a href=\"%s\">%s</a>\n", file, file);
	buf_reset(&o->page);
}

#define REQUEST SLICE("AQx7h0TzKk9mPq3LrVtYw2nB8sDfGjUe")
#define SCRIPT "\"><script>alert(1)</script>'&amp;\r\n\t"
#define HOSTILE_LITERAL SCRIPT "\xe2\x80\xae\xe2\x81\xa6moc.knab\xff"
#define HOSTILE SLICE(HOSTILE_LITERAL)

static const char *const PROBLEMS[] = {
	"fresh", "wrong",    "throttled", "expired",     "missing",
	"short", "mismatch", "same",      "unavailable", "code",
	"wrong-code",
};

static void write_sign_in_odd(struct output *o)
{
	static char large[64 << 10];
	memset(large, 'w', sizeof large);
	struct slice w = slice_of(large, sizeof large);
	struct page_sign_in own = { .language = o->language, .request = REQUEST };
	struct page_sign_in hostile = { .language = o->language,
					.request = HOSTILE,
					.client_name = HOSTILE,
					.client_host = HOSTILE,
					.username = HOSTILE };
	struct page_sign_in wide = { .language = o->language,
				     .request = w,
				     .client_name = w,
				     .client_host = w,
				     .username = w };
	keep(o, "sign_in", "own", page_sign_in(&o->page, &own));
	keep(o, "sign_in", "hostile", page_sign_in(&o->page, &hostile));
	keep(o, "sign_in", "large", page_sign_in(&o->page, &wide));
}

static void write_sign_in(struct output *o)
{
	struct page_sign_in p = { .language = o->language,
				  .request = REQUEST,
				  .client_name = SLICE("江海省政务服务网"),
				  .client_host = SLICE("zwfw.jianghai.example"),
				  .minutes = 15 };
	for (size_t i = 0; i < COUNT_OF(PROBLEMS); i++) {
		p.problem = (enum page_problem)i;
		p.username = i ? SLICE("11010519491231002X") : NO_SLICE;
		keep(o, "sign_in", PROBLEMS[i], page_sign_in(&o->page, &p));
	}
	p.problem = PROBLEM_THROTTLED;
	p.minutes = 1;
	keep(o, "sign_in", "throttled-one", page_sign_in(&o->page, &p));
	p.problem = PROBLEM_MISSING_FIELD;
	p.username = NO_SLICE;
	keep(o, "sign_in", "missing-all", page_sign_in(&o->page, &p));
}

static const struct slice ACTIONS[] = { SLICE_INIT("initiate"), SLICE_INIT("status, history"), SLICE_INIT("cancel") };
static const struct slice CREDITOR = SLICE_INIT("汇民公共资源交易平台"), BANK = SLICE_INIT("https://bank.example.cn/payments");
static const struct slice AMOUNT = SLICE_INIT("{\"amount\":\"123.50\",\"currency\":\"CNY\"}");
static const struct slice CHARTER = SLICE_INIT("charter"), AGENT = SLICE_INIT("agent");
static const struct slice COMPANY = SLICE_INIT("91110105MA01234567");
static const struct slice HOSTILE_TEXT = SLICE_INIT(HOSTILE_LITERAL);
static const struct page_member PAYMENT[] = {
	{ SLICE_INIT("actions"), ACTIONS, COUNT_OF(ACTIONS) },
	{ SLICE_INIT("creditorName"), &CREDITOR, 1 },
	{ SLICE_INIT("instructedAmount"), &AMOUNT, 1 },
	{ SLICE_INIT("locations"), &BANK, 1 },
};
static const struct page_member FILING[] = {
	{ SLICE_INIT("datatypes"), &CHARTER, 1 },
	{ SLICE_INIT("identifier"), &COMPANY, 1 },
	{ SLICE_INIT("privileges"), &AGENT, 1 },
};
static const struct page_member HOSTILE_MEMBER = { SLICE_INIT(HOSTILE_LITERAL), &HOSTILE_TEXT, 1 };
static const struct page_detail DETAILS[] = {
	{ SLICE_INIT("payment"), PAYMENT, COUNT_OF(PAYMENT) },
	{ SLICE_INIT("enterprise_filing"), FILING, COUNT_OF(FILING) },
	{ SLICE_INIT("bare"), NULL, 0 },
	{ SLICE_INIT(HOSTILE_LITERAL), &HOSTILE_MEMBER, 1 },
};

static void write_details(struct output *o)
{
	struct page_consent p = { .language = o->language,
				  .request = REQUEST,
				  .client_name = SLICE("便民停车"),
				  .client_host = SLICE("parking.example.cn"),
				  .scope = SLICE("openid"),
				  .details = DETAILS,
				  .details_n = 3,
				  .subject = SLICE("张*明") };
	keep(o, "consent", "details", page_consent(&o->page, &p));
	p.request = p.client_name = p.client_host = p.subject = HOSTILE;
	p.details_n = 4;
	keep(o, "consent", "details-hostile", page_consent(&o->page, &p));
}

static const struct page_right RIGHTS[] = {
	{ SLICE_INIT("name document_number age_over_18"), SLICE_INIT("参加公共资源交易的身份核验"), true },
	{ SLICE_INIT("phone_number"), SLICE_INIT("开标时间变更时通知您"), false },
};
static const struct page_right EVERY_CLAIM[] = {
	{ SLICE_INIT("name family_name given_name middle_name nickname preferred_username profile picture website "
		     "gender birthdate zoneinfo locale updated_at email_verified phone_number phone_number_verified "
		     "address age_over_14 age_over_18 age_over_60 region document_type document_number"),
	  SLICE_INIT("办理该平台的各类业务"), false },
};

static void write_consent(struct output *o)
{
	struct page_consent p = { .language = o->language,
				  .request = REQUEST,
				  .client_name = SLICE("汇民公共资源交易平台"),
				  .client_host = SLICE("ggzy.huimin.example"),
				  .scope = SLICE("openid profile phone"),
				  .rights = { RIGHTS, 2 },
				  .subject = SLICE("张*明") };
	keep(o, "consent", "", page_consent(&o->page, &p));
	p.scope = SLICE("openid profile email phone address offline_access permits.read "
			"filings:write");
	keep(o, "consent", "all", page_consent(&o->page, &p));
	p.scope = SLICE("openid email");
	p.rights = (struct page_rights){ EVERY_CLAIM, 1 };
	keep(o, "consent", "claims", page_consent(&o->page, &p));
	p.request = p.client_name = p.client_host = p.subject = HOSTILE;
	p.rights = (struct page_rights){ &(struct page_right){ HOSTILE, HOSTILE, true }, 1 };
	p.scope = SLICE("openid \"><script>alert(1)</script> \xe2\x80\xaereversed");
	keep(o, "consent", "hostile", page_consent(&o->page, &p));
}

static void write_device(struct output *o)
{
	static const enum page_problem problems[] = { PROBLEM_NONE, PROBLEM_WRONG_USER_CODE,
						      PROBLEM_THROTTLED };
	struct page_device p = { .language = o->language,
				 .request = REQUEST,
				 .subject = SLICE("张*明"),
				 .minutes = 15 };
	for (size_t i = 0; i < COUNT_OF(problems); i++) {
		p.problem = problems[i];
		p.user_code = i ? SLICE("WDJB-MJHT") : NO_SLICE;
		keep(o, "device", PROBLEMS[p.problem], page_device(&o->page, &p));
	}
	p.request = p.subject = p.user_code = HOSTILE;
	keep(o, "device", "hostile", page_device(&o->page, &p));

	struct page_decision d = { .language = o->language,
				   .path = "/device/decision",
				   .request = REQUEST,
				   .client_name = SLICE("便民停车"),
				   .scope = SLICE("openid profile offline_access"),
				   .subject = SLICE("张*明"),
				   .user_code = SLICE("WDJB-MJHT") };
	keep(o, "decision", "device", page_decision(&o->page, &d));
	d.user_code = NO_SLICE;
	d.binding_message = SLICE("A4-1871");
	keep(o, "decision", "message", page_decision(&o->page, &d));
	d.request = d.client_name = d.subject = d.user_code = d.binding_message = HOSTILE;
	keep(o, "decision", "hostile", page_decision(&o->page, &d));
	struct page_request items[] = { { SLICE("5f0c2a91"), SLICE("江海银行"), SLICE("A4-1871") },
					{ SLICE("b7d3e846"), SLICE("便民停车"), NO_SLICE } };
	struct page_requests q = { o->language, SLICE("张*明"), items, COUNT_OF(items) };
	keep(o, "requests", "", page_requests(&o->page, &q));
	q.n = 0;
	keep(o, "requests", "none", page_requests(&o->page, &q));
	items[0] = (struct page_request){ HOSTILE, HOSTILE, HOSTILE };
	q.n = 1;
	keep(o, "requests", "hostile", page_requests(&o->page, &q));
	keep(o, "decided", "", page_decided(&o->page, o->language, true));
	keep(o, "decided", "denied", page_decided(&o->page, o->language, false));
}

static void write_factors(struct output *o)
{
	static const enum page_problem problems[] = { PROBLEM_NONE, PROBLEM_WRONG_CODE, PROBLEM_THROTTLED };
	const struct slice codes[] = { SLICE("MZXW-6YTB-OI2A-B3CD"), SLICE("GEZD-GNBV-GY3T-QOJQ") };
	struct page_factor f = { .language = o->language,
				 .request = REQUEST,
				 .client_name = SLICE("不动产登记"),
				 .client_host = SLICE("estate.example.gov.cn"),
				 .minutes = 15 };
	for (size_t i = 0; i < COUNT_OF(problems); i++) {
		f.problem = problems[i];
		keep(o, "factor", PROBLEMS[f.problem], page_factor(&o->page, &f));
	}
	f.client_name = f.client_host = NO_SLICE;
	keep(o, "factor", "own", page_factor(&o->page, &f));
	f.request = f.client_name = f.client_host = HOSTILE;
	keep(o, "factor", "hostile", page_factor(&o->page, &f));

	struct page_factors p = { .language = o->language,
				  .request = REQUEST,
				  .subject = SLICE("张*明"),
				  .secret = SLICE("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
				  .uri = SLICE("otpauth://totp/id.example:x?secret="
					       "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") };
	keep(o, "factors", "", page_factors(&o->page, &p));
	p.problem = PROBLEM_WRONG_CODE;
	keep(o, "factors", "wrong_code", page_factors(&o->page, &p));
	p.problem = PROBLEM_NONE;
	p.since = SLICE("2026-11-23");
	p.codes_left = 9;
	keep(o, "factors", "enrolled", page_factors(&o->page, &p));
	p.codes = codes;
	p.codes_n = COUNT_OF(codes);
	keep(o, "factors", "codes", page_factors(&o->page, &p));
	p.codes_n = 0;
	p.request = p.subject = p.since = HOSTILE;
	keep(o, "factors", "hostile", page_factors(&o->page, &p));
}

static void write_password(struct output *o)
{
	struct page_password p = { .language = o->language,
				   .request = REQUEST,
				   .subject = SLICE("张*明"),
				   .min_length = 12,
				   .minutes = 15 };
	for (size_t i = 0; i < COUNT_OF(PROBLEMS); i++) {
		p.problem = (enum page_problem)i;
		keep(o, "password", PROBLEMS[i], page_password(&o->page, &p));
	}
	p.changed = true;
	keep(o, "password", "changed", page_password(&o->page, &p));
	p.changed = false;
	p.request = p.subject = HOSTILE;
	keep(o, "password", "hostile", page_password(&o->page, &p));
}

static void write_acting(struct output *o)
{
	const struct page_mandate items[] = {
		{ .id = SLICE("0a"), .legal_name = SLICE("福州某某有限公司"), .role = MANDATE_LEGAL_REP },
		{ .id = SLICE("0b"), .legal_name = SLICE("上海某某进出口贸易有限责任公司"), .role = MANDATE_AGENT,
		  .matters = SLICE("seal tax.filing"), .until = SLICE("2027-12-31") },
		{ .id = SLICE("0c"), .legal_name = SLICE("某某商会"), .role = MANDATE_MANAGER,
		  .until = SLICE("2027-12-31") },
		{ HOSTILE, HOSTILE, MANDATE_AGENT, HOSTILE, HOSTILE },
	};
	struct page_acting p = { .language = o->language, .request = REQUEST, .client_name = SLICE("电子印章平台"),
				 .client_host = SLICE("seal.example.gov.cn"), .subject = SLICE("张*"), .own = true,
				 .items = items, .n = 3 };
	struct page_consent c = { .language = o->language, .request = REQUEST, .client_name = SLICE("电子印章平台"),
				  .client_host = SLICE("seal.example.cn"), .scope = SLICE("openid"),
				  .subject = SLICE("张*"), .acting_for = items[1].legal_name };
	keep(o, "acting", "", page_acting(&o->page, &p));
	p.own = false;
	p.n = 4;
	p.request = p.client_name = p.client_host = p.subject = HOSTILE;
	keep(o, "acting", "hostile", page_acting(&o->page, &p));
	keep(o, "consent", "acting", page_consent(&o->page, &c));
}

static void write_mandates(struct output *o)
{
	const struct page_mandate items[] = {
		{ .id = SLICE("0a"), .legal_name = SLICE("福州某某有限公司"), .role = MANDATE_LEGAL_REP },
		{ .id = SLICE("0b"), .legal_name = SLICE("上海某某进出口贸易有限责任公司"), .role = MANDATE_AGENT,
		  .matters = SLICE("seal tax.filing"), .until = SLICE("2027-12-31"), .may_accept = true },
		{ .id = SLICE("0c"), .legal_name = SLICE("福州某某有限公司"), .role = MANDATE_MANAGER,
		  .until = SLICE("2027-12-31"), .agent_name = SLICE("李四"), .waiting = true, .may_end = true },
		{ HOSTILE, HOSTILE, MANDATE_AGENT, HOSTILE, HOSTILE, HOSTILE, true, true, true },
	};
	struct page_mandates p = { .language = o->language, .request = REQUEST, .subject = SLICE("张*") };
	keep(o, "mandates", "none", page_mandates(&o->page, &p));
	p.items = items;
	p.n = 3;
	p.givers = items;
	p.givers_n = 1;
	p.offered = true;
	keep(o, "mandates", "", page_mandates(&o->page, &p));
	p.offered = false;
	p.problem = MANDATE_BAD_MATTERS;
	p.name = SLICE("李四");
	p.until = SLICE("2027-12-31");
	keep(o, "mandates", "refused", page_mandates(&o->page, &p));
	p.n = 4;
	p.givers = items + 3;
	p.request = p.subject = p.name = p.matters = p.until = HOSTILE;
	keep(o, "mandates", "hostile", page_mandates(&o->page, &p));
}

static void write_account(struct output *o)
{
	const struct page_account_grant grants[] = {
		{ SLICE("2026-11-23"), DETAILS, 1 },
		{ SLICE("2026-11-20"), DETAILS + 1, 2 },
	};
	const struct page_account_grant hostile = { HOSTILE, DETAILS + 3, 1 };
	const struct page_account_entry entries[] = {
		{ .client_id = SLICE("parking"),
		  .client_name = SLICE("便民停车"),
		  .scope = SLICE("openid profile offline_access"),
		  .rights = { RIGHTS, 2 },
		  .since = SLICE("2026-11-23"),
		  .grants = grants,
		  .grants_n = COUNT_OF(grants),
		  .open_uri = SLICE("https://parking.example.cn/login?iss=https%3A%2F%2Fid.example.cn") },
		{ .client_id = SLICE("library"),
		  .client_name = SLICE("市图书馆"),
		  .scope = SLICE("openid library.read"),
		  .rights = { EVERY_CLAIM, 1 },
		  .since = SLICE("2026-10-01") },
		{ HOSTILE, HOSTILE, HOSTILE, { &(const struct page_right){ HOSTILE, HOSTILE, false }, 1 },
		  HOSTILE, HOSTILE, &hostile, 1 },
	};
	struct page_account p = { .language = o->language, .request = REQUEST, .subject = SLICE("张*明") };
	keep(o, "account", "none", page_account(&o->page, &p));
	p.entries = entries;
	p.entries_n = 2;
	keep(o, "account", "", page_account(&o->page, &p));
	p.next = SLICE("/account?after=library&ui_locales=en");
	p.begins_later = true;
	keep(o, "account", "amid", page_account(&o->page, &p));
	p.entries_n = 3;
	p.next = HOSTILE;
	p.request = p.subject = HOSTILE;
	keep(o, "account", "hostile", page_account(&o->page, &p));
}

static void write_links(struct output *o)
{
	const struct page_links links = {
		.client_uri = SLICE("https://parking.example.cn/"),
		.logo_uri = SLICE("https://parking.example.cn/logo.png"),
		.policy_uri = SLICE("https://parking.example.cn/privacy"),
		.tos_uri = SLICE("https://parking.example.cn/terms"),
	};
	struct page_consent p = { .language = o->language,
				  .request = REQUEST,
				  .client_name = SLICE("便民停车"),
				  .client_host = SLICE("parking.example.cn"),
				  .scope = SLICE("openid profile"),
				  .subject = SLICE("张*明"),
				  .purpose = SLICE("办理停车证"),
				  .links = links };
	keep(o, "consent", "links", page_consent(&o->page, &p));
}

static void write_sign_out(struct output *o)
{
	struct page_sign_out p = { .language = o->language,
				   .request = REQUEST,
				   .client_name = SLICE("江海省政务服务网"),
				   .subject = SLICE("张*明") };
	keep(o, "sign_out", "", page_sign_out(&o->page, &p));
	p.client_name = p.subject = NO_SLICE;
	keep(o, "sign_out", "own", page_sign_out(&o->page, &p));
	p.request = p.client_name = p.subject = HOSTILE;
	keep(o, "sign_out", "hostile", page_sign_out(&o->page, &p));
	struct page_signed_out done = { .language = o->language };
	keep(o, "signed_out", "", page_signed_out(&o->page, &done));
	const struct slice frame = SLICE("https://portal.example/front?iss=https%3A%2F%2Fid.example&sid=1");
	done.frames = &frame;
	done.frames_n = 1;
	done.return_to = SLICE("https://portal.example/signed-out");
	keep(o, "signed_out", "returning", page_signed_out(&o->page, &done));
	done.stayed = true;
	keep(o, "signed_out", "stayed", page_signed_out(&o->page, &done));
}

static void write_error(struct output *o)
{
	static const struct {
		int status;
		const char *name;
	} rows[] = {
		{ 400, "400" }, { 401, "401" }, { 403, "403" }, { 404, "404" },
		{ 429, "429" }, { 500, "500" }, { 503, "503" },
	};
	struct page_error p = { .language = o->language,
				.error = SLICE("invalid_request"),
				.description = SLICE("redirect_uri is not registered for the client"),
				.request_id = SLICE("5f0c2a91b7d3e846") };
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		p.status = rows[i].status;
		keep(o, "error", rows[i].name, page_error(&o->page, &p));
	}
	p.error = p.description = p.request_id = HOSTILE;
	keep(o, "error", "hostile", page_error(&o->page, &p));
	p = (struct page_error){ .language = o->language, .status = 404 };
	keep(o, "error", "bare", page_error(&o->page, &p));
}

static void write_form_post(struct output *o)
{
	struct page_field fields[] = {
		{ SLICE("code"), SLICE("Rk9v3Y8xq2") },
		{ SLICE("state"), HOSTILE },
		{ SLICE("submit"), SLICE("in the way") },
		{ HOSTILE, HOSTILE },
	};
	struct page_form_post p = {
		.language = o->language,
		.action = SLICE("http://127.0.0.1:1/callback?a=1&b=\"><script>"),
		.fields = fields,
		.fields_n = COUNT_OF(fields),
	};
	keep(o, "form_post", "", page_form_post(&o->page, &p));
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: render_pages FOLDER\n");
		return 2;
	}
	struct output o = { .folder = argv[1] };
	buf_put_text(&o.index, "<!doctype html><meta charset=utf-8><title>Pages</title><ul>\n");
	for (int i = LANGUAGE_ZH; i <= LANGUAGE_EN; i++) {
		o.language = (enum language)i;
		write_sign_in(&o);
		write_sign_in_odd(&o);
		write_consent(&o);
		write_details(&o);
		write_device(&o);
		write_password(&o);
		write_factors(&o);
		write_account(&o);
		write_acting(&o);
		write_mandates(&o);
		write_links(&o);
		write_sign_out(&o);
		write_error(&o);
		write_form_post(&o);
	}
	write_file(o.folder, "style.css", page_style());
	write_file(o.folder, "index.html", buf_slice(&o.index));
	buf_done(&o.index);
	buf_done(&o.page);
	return 0;
}
