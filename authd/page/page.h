/*
 * The pages that people see: sign-in, consent, change of password, sign-out, errors.
 *
 * Each function appends one whole HTML document. All text is escaped here, long names are cut, and
 * what could reorder or hide text is dropped. No page needs a script; `name` and `id` attributes
 * are stable, since browsers of test suites are driven by them: a control's id is its name, but for
 * buttons, whose id says what they do (`signin`, `cancel`, `allow`, `deny`, `change`, `logout`,
 * `stay`, `language`, `continue`).
 *
 * Each page that has a `request` carries the page's language in a hidden field `ui_locales`, and has
 * a second form that posts `request`, action=language and the other ui_locales to the same path: the
 * endpoint shows the page again in that language, and does nothing else.
 *
 * Returns ST_OK or ST_NOMEM; what was appended before is of no use then.
 *                                                                           Threads: pure functions.
 */
#pragma once

#include "authd/model/mandate.h"
#include "libauth/base/buf.h"
#include "libauth/base/status.h"

enum language { LANGUAGE_ZH, LANGUAGE_EN };
/* ui_locales (BCP 47 tags, RFC 5646) first, then Accept-Language (RFC 9110 §12.5.4), else Chinese. */
enum language page_language(struct slice ui_locales, struct slice accept_language);

/* Why a page is shown again; the text is in the translations. */
enum page_problem {
	PROBLEM_NONE,
	PROBLEM_WRONG_CREDENTIALS, /* the same for an unknown name and a wrong password */
	PROBLEM_THROTTLED,         /* with minutes */
	PROBLEM_EXPIRED,           /* the page was open for too long */
	PROBLEM_MISSING_FIELD,
	PROBLEM_PASSWORD_TOO_SHORT, /* with min_length */
	PROBLEM_PASSWORD_MISMATCH,  /* the two new ones differ */
	PROBLEM_PASSWORD_SAME,      /* the new one is the old one */
	PROBLEM_UNAVAILABLE,
	PROBLEM_WRONG_USER_CODE,
	PROBLEM_WRONG_CODE, /* of the second factor; or it was used before */
};

/* What a client says of itself: https URIs, checked when it was registered. They are links, also the
 * logo: no page loads anything from elsewhere. */
struct page_links {
	struct slice client_uri, logo_uri, policy_uri, tos_uri;
};

/* POST /signin: fields `request` (sealed), `username`, `password`; button `signin`, and a link or
 * button `cancel` (name="action" value="cancel"). */
struct page_sign_in {
	enum language language;
	struct slice request;     /* hidden field: sealed, base64url */
	struct slice client_name; /* who asks; absent on the issuer's own pages */
	struct slice client_host; /* host of the redirect URI */
	struct slice username;    /* to fill in again */
	enum page_problem problem;
	int minutes;
	struct page_links links;
};
status page_sign_in(struct buf *out, const struct page_sign_in *p);

/* One of authorization_details, of which nothing is hidden. */
struct page_detail {
	struct slice type;
	const struct page_member {
		struct slice name;
		const struct slice *values;
		size_t n;
	} *members;
	size_t n;
};

/* What a client is told of a person, and why: names of claims (OIDC Core §5.1), each explained. */
struct page_rights {
	const struct page_right {
		struct slice claims;  /* words */
		struct slice purpose; /* the client's words */
		bool by_duty;         /* the law's, not the person's consent */
	} *items;
	size_t n;
};

/* POST /consent: `request`, and name="decision" value="allow" | "deny". */
struct page_consent {
	enum language language;
	struct slice request, client_name, client_host;
	struct slice scope;   /* asked for; explained word by word */
	struct page_rights rights; /* what it will be told of the person */
	const struct page_detail *details; /* what else, in detail (RFC 9396) */
	size_t details_n;
	struct slice subject; /* whom it is about: the name, masked by the caller */
	struct slice acting_for; /* the legal person in whose name; absent: their own */
	struct slice purpose; /* the client's own words, or absent */
	struct page_links links;
};
status page_consent(struct buf *out, const struct page_consent *p);

/* One mandate of a person, for a list. */
struct page_mandate {
	struct slice id, legal_name;
	enum mandate_role role;
	struct slice matters; /* words; absent: all */
	struct slice until;   /* its last day, YYYY-MM-DD; absent: none */
	/* At /account/mandates alone: */
	struct slice agent_name; /* who has it, where that is somebody else */
	bool waiting;            /* they have not answered */
	bool may_accept, may_end;
};
/* POST /acting: in whose name to go on: `request`, and name="mandate" value="self" | ID. */
struct page_acting {
	enum language language;
	struct slice request, client_name, client_host, subject;
	bool own; /* in their own name is one of the choices */
	const struct page_mandate *items;
	size_t n;
};
status page_acting(struct buf *out, const struct page_acting *p);

/* The field that an offer was refused for. */
enum page_mandate_problem {
	MANDATE_GOOD,
	MANDATE_BAD_NUMBER,
	MANDATE_BAD_NAME,
	MANDATE_BAD_MATTERS,
	MANDATE_BAD_UNTIL,
	MANDATE_BAD_ROLE,
};
/* POST /account/mandates: `request`, and one of `accept`, `decline`, `end` with an ID as its value; or
 * `offer` with `parent` (an ID), `name`, `number`, `role`, `matters` or `all_matters`, and `until`. */
struct page_mandates {
	enum language language;
	struct slice request, subject;
	const struct page_mandate *items;
	size_t n;
	const struct page_mandate *givers; /* under which they may give others */
	size_t givers_n;
	enum page_mandate_problem problem;
	bool offered;                       /* it was, just now */
	struct slice name, matters, until; /* to fill in again; never the number */
};
status page_mandates(struct buf *out, const struct page_mandates *p);

/* POST /account: `request`, and name="withdraw" value=CLIENT_ID; links `next` and `first` to its other pages. */
struct page_account {
	enum language language;
	struct slice request, subject;
	const struct page_account_entry {
		struct slice client_id, client_name, scope;
		struct page_rights rights;
		struct slice since; /* YYYY-MM-DD */
		struct slice open_uri; /* where a sign-in begins there (OIDC Core §4), or absent */
		const struct page_account_grant {
			struct slice since;
			const struct page_detail *details;
			size_t details_n;
		} *grants; /* offline, with details */
		size_t grants_n;
	} *entries;
	size_t entries_n;
	bool begins_later;
	struct slice next; /* where it goes on, or absent */
};
status page_account(struct buf *out, const struct page_account *p);

/* POST /device: `request`, `user_code`; button `continue`. */
struct page_device {
	enum language language;
	struct slice request, subject;
	struct slice user_code; /* to fill in already */
	enum page_problem problem;
	int minutes;
};
status page_device(struct buf *out, const struct page_device *p);

/* What a device or a back-channel client asks for: `request`, name="decision" value="allow" | "deny".
 * Warns of whoever talks people into agreeing (RFC 8628 §5.4). */
struct page_decision {
	enum language language;
	const char *path; /* to POST to */
	struct slice request, client_name, scope, subject;
	struct slice user_code, binding_message; /* either, or none */
	struct page_rights rights;
	const struct page_detail *details;
	size_t details_n;
};
status page_decision(struct buf *out, const struct page_decision *p);
/* GET /requests: what waits for the person; each has a link to its own page. */
struct page_requests {
	enum language language;
	struct slice subject;
	const struct page_request {
		struct slice id, client_name, binding_message;
	} *items;
	size_t n;
};
status page_requests(struct buf *out, const struct page_requests *p);
status page_decided(struct buf *out, enum language language, bool allowed);

/* POST /factor: `request`, `code`; buttons `continue` and, where a client asks, `cancel`. */
struct page_factor {
	enum language language;
	struct slice request, client_name, client_host;
	enum page_problem problem;
	int minutes;
};
status page_factor(struct buf *out, const struct page_factor *p);

/* POST /account/factors: `request`; name="action" value="confirm" with `code`, or "renew", or "remove". */
struct page_factors {
	enum language language;
	struct slice request, subject;
	enum page_problem problem;
	struct slice since; /* YYYY-MM-DD: enrolled; absent: the page enrols */
	int codes_left;
	struct slice secret, uri; /* to enrol: as text, and as otpauth: URI for the QR code */
	const struct slice *codes; /* made just now: the page shows these alone */
	size_t codes_n;
};
/* Also ST_TOO_LARGE: no QR code holds the URI. */
status page_factors(struct buf *out, const struct page_factors *p);

/* POST /account/password: `request` (CSRF seal), `current_password`, `new_password`, `new_password_again`. */
struct page_password {
	enum language language;
	struct slice request, subject;
	enum page_problem problem;
	int min_length, minutes;
	bool changed; /* done: says so instead of the form */
};
status page_password(struct buf *out, const struct page_password *p);

/* POST /logout: `request`; name="decision" value="logout" | "stay". */
struct page_sign_out {
	enum language language;
	struct slice request, client_name, subject;
};
status page_sign_out(struct buf *out, const struct page_sign_out *p);
/* GET /logout, done. Frames tell portals that the person has signed out (OpenID Connect Front-Channel
 * Logout §3); the page goes on to return_to after them, by its link `continue` where no Refresh does. */
struct page_signed_out {
	enum language language;
	bool stayed;
	const struct slice *frames; /* URLs */
	size_t frames_n;
	struct slice return_to; /* absent: the page is the end */
};
status page_signed_out(struct buf *out, const struct page_signed_out *p);

/* An error that cannot be sent to the portal (RFC 6749 §4.1.2.1). */
struct page_error {
	enum language language;
	int status;               /* HTTP; 401: not signed in; 403: a form of ours that does not count */
	struct slice error;       /* "invalid_request"; shown small, for the portal's developers */
	struct slice description; /* ASCII, English */
	struct slice request_id;
};
status page_error(struct buf *out, const struct page_error *p);

/* response_mode=form_post: a form that sends itself by a script whose hash is in the CSP, and has a
 * button for browsers without scripts. ST_INVALID: action is neither an http nor an https URL. */
struct page_form_post {
	enum language language;
	struct slice action;
	const struct page_field {
		struct slice name, value;
	} *fields;
	size_t fields_n;
};
status page_form_post(struct buf *out, const struct page_form_post *p);

/* Content-Security-Policy for all pages; and for the form_post page, with its script's hash. */
extern const char PAGE_CSP[];
extern const char PAGE_CSP_FORM_POST[];

/* The style sheet, served as /style.css (text/css), and its ETag with quotes. */
struct slice page_style(void);
struct slice page_style_etag(void);
