"""The lints can fail: each sample of bad code gets its complaint, and good code gets none."""
import docs
import floors
import modules
import registered
import snippets
import style

GOOD = """/*
 * What it is.
 */
#pragma once

#include "libauth/base/slice.h"
"""

FUNCTION = "int f(void)\n{{\n{}\n}}\n"


def complains(found, word):
    found = list(found)
    assert any(word in complaint for complaint in found), f"no '{word}' among {found}"


def silent(found):
    found = list(found)
    assert not found, found


def floors_test():
    silent(floors.complaints("authd/model/x.h", GOOD))
    complains(floors.complaints("libauth/x.c", '#include "keys/keys.h"\n'), "higher floor")
    complains(floors.complaints("libauth/base/x.c", '#include "libauth/auth.h"\n'), "higher floor")
    complains(floors.complaints("tests/unit/store/x.c", '#include "authd/oauth/request.h"\n'),
              "higher floor")
    complains(floors.complaints("authd/oauth/x.c", "#include <microhttpd.h>\n"), "belongs to")
    complains(floors.complaints("keys/x.c", '#include "keys.h"\n'), "from the top")
    complains(floors.complaints("examples/x.c", '#include "libauth/base/buf.h"\n'), "public")
    complains(floors.complaints("bindings/node/x.c", '#include "libauth/jws.h"\n'), "public")
    silent(floors.complaints("bindings/node/x.c", "#include <node_api.h>\n"))
    silent(floors.complaints("authd/server/x.c", "#include <microhttpd.h>\n"))
    silent(floors.complaints("authd/main.c", '#include "authd/server/server.h"\n'))
    silent(floors.complaints("tests/unit/base/x.c", '#include "libauth/base/slice.h"\n'))


def style_test():
    complains(style.calls("x.c", "strcpy(a, b);\n"), "banned")
    complains(style.calls("x.c", "static _Thread_local int n;\n"), "banned")
    silent(style.calls("x.c", '/* strcpy(a, b) */ puts("strcpy(");\n'))
    complains(style.calls("x.c", "if (memcmp(got, client_secret, 32))\n"), "slice_equal_secret")
    complains(style.calls("x.c", "if (memcmp(mac, want, 32))\n"), "slice_equal_secret")
    silent(style.calls("x.c", "if (!memcmp(machine, name, 4))\n"))
    silent(style.calls("x.c", "if (strcmp(tag, \"a\")) /* public: a tag of YAML */\n"))
    complains(style.sizes("x.c", "\n" * 601), "lines")
    complains(style.sizes("x.c", FUNCTION.format("\tx();\n" * 101)), "f has")
    complains(style.sizes("x.c", FUNCTION.format("\t{{{{{ }}}}}".replace(" ", "\n"))), "nests")
    silent(style.sizes("x.c", FUNCTION.format("\tx();\n" * 80)))
    complains(style.header("x.h", "#pragma once\n"), "opens with")
    complains(style.header("x.h", "/* x */\n"), "missing")
    complains(style.globals_("x.c", "static int count;\n"), "mutable")
    complains(style.globals_("x.c", "struct thing all[4] = { 0 };\n"), "mutable")
    silent(style.globals_("x.c", "static const int count = 1;\nint f(void);\nint f(int x)\n"))
    complains(style.white_space("x.c", "int x; \n", True), "end of the line")
    complains(style.white_space("x.c", "{\n    int x;\n}\n", True), "tabs")
    complains(style.white_space("x.c", "int x;", True), "no end")
    complains(style.white_space("x.c", "x" * 121 + "\n", True), "columns")
    silent(style.white_space("x.c", "int f(int a,\n      int b);\n", True))
    silent(style.white_space("x.c", "/*\n * a\n *   b\n */\n\tint x;\n", True))


def registered_test():
    assert registered.is_named("tests/unit/base/slice.c", ["test('slice', exe('slice.c'))"])
    assert registered.is_named("tests/unit/base/slice.c", ["foreach name : ['buf', 'slice']"])
    assert registered.is_named("tests/unit/page/page_test.c", ["foreach name : ['page']"])
    assert not registered.is_named("tests/unit/base/slice.c", ["'slices.c'", "'my_slice'"])
    assert registered.PROGRAMS.match("tests/e2e/openid-client/client.mjs")
    assert not registered.PROGRAMS.match("tests/lib/setup.sh")
    named = registered.NAMED
    assert registered.re.search(named[".c"].format("bombs"), "cmocka_unit_test(bombs),")
    assert not registered.re.search(named[".c"].format("bombs"), "static void bombs(void **state)")
    assert not registered.re.search(named[".mjs"].format("a code"), 'test("a code is used once"')
    assert registered.HOME.search("see " + "/ho" + "me/somebody/x")
    assert not registered.HOME.search("https://example.test/home/page")


def docs_test():
    tracked, tops = {"authd", "authd/main.c", "README.md", "docs", "docs/x.md"}, {"authd", "docs"}
    complains(docs.paths("README.md", "see `authd/mian.c`.\n", tracked, tops), "no authd/mian.c")
    complains(docs.paths("README.md", "[x](docs/y.md)", tracked, {"authd"}), "leads nowhere")
    complains(docs.paths("docs/x.md", "[x](README.md)", tracked, tops), "leads nowhere")
    silent(docs.paths("README.md", "authd/main.c, /etc/authd/x, authd/ROOM [x](docs/x.md#a)", tracked, tops))
    silent(docs.paths("docs/x.md", "[x](../README.md) [y](https://example.test/y)", tracked, tops))

    source = 'const struct route A_ROUTE = { .path = "/a", .methods = METHOD_GET | METHOD_POST, };'
    defined = {name: (path, methods) for name, path, methods in docs.defined_routes(source)}
    silent(docs.routes("'x': ['A'],", defined, "| `/a` | GET, POST | x | |\n"))
    complains(docs.routes("'x': ['A'],", defined, "| `/a` | GET | x | |\n"), "takes GET, POST")
    complains(docs.routes("'x': ['A'],", defined, ""), "/a is missing")
    complains(docs.routes("", defined, "| `/a` | GET | x | |\n"), "not served")
    complains(docs.routes("'x': ['B'],", defined, ""), "not found")
    row = "| `/token` | POST | `refresh_token`, `urn:x:grant-type:jwt-bearer` | |\n"
    silent(docs.grants("grants = [ 'refresh_token', 'jwt_bearer' ]", row))
    complains(docs.grants("grants = [ 'refresh_token', 'bearer' ]", row), "does not name bearer")

    reference = "## Options of every command\n  --json\n## authctl x y\n```\nauthctl x y [OPTION...]\n```\n  --n N\n"
    silent(docs.commands("R", "```\n$ authctl x y --n 1 --json # why\n```\n", reference))
    silent(docs.commands("R", "authctl is a program\n", reference))
    complains(docs.commands("R", "a\n```\nauthctl x z\n```\n", reference), "R:3: authctl has no such command")
    complains(docs.commands("R", "```\nauthctl x y --m\n```\n", reference), "has no --m")
    complains(docs.commands("R", "```\nauthctl x y NUMBER\n```\n", reference), "takes no argument")


def metadata_test():
    members = "{ AT(a, FIELD_TEXT), BY_OPERATOR }, { AT(b, FIELD_TEXT), BY_NOBODY },"
    options = 'TEXT("a", "a", .member = "token_endpoint_auth_method"'
    card = '{ "a", "A" }, { "b", "B" }, { "token_endpoint_auth_method", "C" }'
    silent(docs.metadata(members, options, card))
    complains(docs.metadata(members, options.replace('"a", "a"', ""), card), "no option for a")
    complains(docs.metadata(members, options + 'LIST("b", "b"', card), "authd has no b")
    complains(docs.metadata(members, options, card.replace('"b"', "")), "b is not shown")


def snippets_test():
    assert not snippets.complaint("R", 1, None, "if (status != AUTH_OK)\n\treturn 401;\n")
    assert "R:7" in snippets.complaint("R", 7, None, "auth_verify(verifier, token);\n")
    assert "R:7" in snippets.complaint("R", 7, None, "auth_keyset_from_file(token, &keys, &error);\n")
    assert "does not have" in snippets.complaint("R", 1, "examples/verify.c", "int mian(void)\n")


def modules_test():
    build = "plans = {\n  'x': ['x'],\n  'x-post': ['x', 'form_post'],\n}\n"
    plans = "# of\nplan X: x\na\nb  left: why\n\nplan X: x form_post\na\n"
    silent(modules.complaints(plans, build))
    complains(modules.complaints(plans + "a\n", build), "x form_post: a is named twice")
    complains(modules.complaints(plans + "plan Y: y\n", build), "'y' is in one")
    complains(modules.complaints("plan X: x\n", build), "'x form_post' is in one")


floors_test()
docs_test()
metadata_test()
modules_test()
snippets_test()
style_test()
registered_test()
print("the lints fail where they should")
