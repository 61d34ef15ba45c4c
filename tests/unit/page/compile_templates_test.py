#!/usr/bin/env python3
"""compile_templates.py refuses what would make a wrong page, and says where.

usage: compile_templates_test.py COMPILE_TEMPLATES
"""
import pathlib
import subprocess
import sys
import tempfile

TEXTS = "hello\t你好 <{{name}}>\tHello <{{name}}>\n"
PAGE = '{{include _begin}}\n<p title="{{name}}">{{text hello}}</p>\n'
BEGIN = "<!doctype html>\n{{! a remark }}\n"

# What is wrong, which file has it, its text, and what the message has to say.
REFUSED = [
    ("a text that nobody uses", "texts.tsv", TEXTS + "bye\t再见\tBye\n", "nobody uses bye"),
    ("a text without English", "texts.tsv", "hello\t你好\n", "texts.tsv:1"),
    ("an empty text", "texts.tsv", "hello\t你好\t\n", "texts.tsv:1"),
    ("a blank at the end", "texts.tsv", "hello\t你好\tHello \n", "texts.tsv:1"),
    ("a key twice", "texts.tsv", TEXTS + TEXTS, "texts.tsv:2"),
    ("a value in one language", "texts.tsv", "hello\t{{name}}\tHello\n", "different values"),
    ("an unknown key", "templates/page.html", PAGE + "{{text bye}}\n", "page.html:3"),
    ("a section left open", "templates/page.html", PAGE + "{{if name}}\n", "not closed"),
    ("an end too many", "templates/page.html", PAGE + "{{end}}\n", "end without a section"),
    ("a brace alone", "templates/page.html", PAGE + "{{name}\n", "brace"),
    ("an unknown tag", "templates/page.html", PAGE + "{{raw name}}\n", "not understood"),
    ("a part that is missing", "templates/page.html", PAGE + "{{include _no}}\n", "no such template"),
    ("a part within itself", "templates/_begin.html", "{{include _begin}}\n", "includes itself"),
    ("a value without quotes", "templates/page.html", PAGE + "<a id={{name}}>\n", "double quotes"),
    ("a value as attribute", "templates/page.html", PAGE + '<a id="x" {{name}}>\n', "double quotes"),
    ("a style attribute", "templates/page.html", PAGE + '<p style="x">\n', "style attribute"),
    ("a style sheet", "templates/page.html", PAGE + "<style>p{}</style>\n", "inline style"),
    ("an event handler", "templates/page.html", PAGE + '<p onclick="x">\n', "event handler"),
    ("a script", "templates/page.html", PAGE + "<script>x</script>\n", "only form_post.html"),
    ("a script elsewhere", "templates/form_post.html", '<script src="/x.js"></script>\n', "only form_post.html"),
    ("a value in a script", "templates/form_post.html", "<script>{{name}}</script>\n", "in a script"),
    ("two scripts", "templates/form_post.html", "<script>x</script>\n<script>y</script>\n", "one script"),
]


def compile_with(compiler, changed, text):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "templates").mkdir()
        files = {"texts.tsv": TEXTS, "style.css": "p {}\n", "templates/_begin.html": BEGIN,
                 "templates/page.html": PAGE, "templates/form_post.html": "<script>x</script>\n"}
        if changed:
            files[changed] = text
        for name, content in files.items():
            (root / name).write_text(content, "utf-8")
        run = subprocess.run([sys.executable, compiler, folder, root / "out.c", root / "out.h"],
                             capture_output=True, text=True)
        made = (root / "out.c").read_text("utf-8") if (root / "out.c").exists() else ""
        return run.returncode, run.stderr, made


def main(compiler):
    failures = 0
    status, message, made = compile_with(compiler, None, None)
    if status or "你好 &lt;" not in made or "TEMPLATE_PAGE" not in made or "a remark" in made:
        print(f"what is right was not compiled: {message}")
        failures += 1
    for what, changed, text, expected in REFUSED:
        status, message, made = compile_with(compiler, changed, text)
        if status != 1 or expected not in message or "Traceback" in message or made:
            print(f"{what}: exit {status}: {message.strip() or 'no message'}")
            failures += 1
    print(f"{len(REFUSED) + 1 - failures} of {len(REFUSED) + 1} hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
