#!/usr/bin/env python3
"""Read every page that render_pages writes, as strictly as no browser does.

usage: check_pages.py RENDER_PAGES FOLDER_OF_THE_SOURCES

Well-formed HTML; unique ids; what WCAG 2.2 asks of labels, descriptions, headings and language;
nothing that the pages' policy blocks; hostile values that come back whole and change nothing; and
a style sheet that has each class, no other, and enough contrast in both colour schemes.
"""
import html.parser
import pathlib
import re
import subprocess
import sys
import tempfile

VOID = {"meta", "link", "input", "path", "circle"}
ONCE = ("html", "head", "title", "body", "header", "main", "footer", "h1")
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
HOSTILE = "\"><script>alert(1)</script>'&amp;\r\n\t\u202e\u2066moc.knab\ufffd"
problems = []


class Page(html.parser.HTMLParser):
    """One document: its elements, and what is wrong with it."""

    def __init__(self, name, source):
        super().__init__(convert_charrefs=True)
        self.name, self.open, self.elements, self.text = name, [], [], ""
        if not source.startswith("<!doctype html>\n"):
            self.wrong("does not begin with its doctype")
        self.feed(source)
        self.close()
        if self.open:
            self.wrong(f"not closed: {self.open}")

    def wrong(self, what):
        problems.append(f"{self.name}: {what}")

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.wrong(f"<{tag}> has an attribute twice")
        if any(name == "style" or name.startswith("on") for name in names):
            self.wrong(f"<{tag}> has what the policy blocks")
        self.elements.append((tag, dict(attributes), list(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        if tag not in ("path", "circle"):
            self.wrong(f"<{tag}/> is not HTML")
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if self.open[-1:] not in (["script"], ["title"]):
            self.text += data
        if BIDI.search(data):
            self.wrong("shows a bidirectional control")

    def all(self, tag):
        return [attributes for name, attributes, _ in self.elements if name == tag]


def check_structure(page):
    for tag in ONCE:
        if len(page.all(tag)) != 1:
            page.wrong(f"has {len(page.all(tag))} <{tag}>")
    if page.all("html")[0].get("lang") != ("zh-CN" if ".zh." in page.name else "en"):
        page.wrong("is not marked with its language")
    scripts = 1 if page.name.startswith("form_post") else 0
    frames = 1 if page.name.startswith("signed_out-returning") else 0
    if len(page.all("script")) != scripts or page.all("style") or len(page.all("iframe")) != frames:
        page.wrong("has a script, style or frame too many")
    ids = [a["id"] for _, a, _ in page.elements if "id" in a]
    if len(ids) != len(set(ids)):
        page.wrong("has an id twice")
    for _, attributes, _ in page.elements:
        for name in ("aria-describedby", "aria-labelledby", "for"):
            for target in attributes.get(name, "").split():
                if target not in ids:
                    page.wrong(f"{name} points to no element: {target}")


def check_controls(page):
    labelled = {attributes.get("for") for attributes in page.all("label")}
    for field in page.all("input"):
        if field["type"] == "hidden":
            continue
        if field.get("id") not in labelled or field["id"] != field["name"]:
            page.wrong(f"the field {field.get('name')} has no label, or an id of another name")
        optional = field.get("aria-required") == "false"
        if "autocomplete" not in field or ("required" in field) == optional:
            page.wrong(f"the field {field['name']} does not say what it takes")
        if field["type"] == "password" and "value" in field:
            page.wrong("a password is sent back")
        if "aria-invalid" in field and "problem" not in field["aria-describedby"].split():
            page.wrong(f"the field {field['name']} is refused without a reason")
    for button in page.all("button"):
        if button.get("type") != "submit" or not button.get("id"):
            page.wrong("a button has no type or id")
    for form in page.all("form"):
        if form.get("method") != "post":
            page.wrong("a form is not sent by POST")
    for svg in page.all("svg"):
        if svg.get("aria-hidden") != "true":
            page.wrong("a picture is read aloud")


def check_language_switch(page):
    """Its button stands in a form of its own: Enter in a field must not press it."""
    forms = [a for tag, a, within in page.elements if tag == "button" and "main" not in within]
    if any(button["name"] != "ui_locales" for button in forms):
        page.wrong("a button outside <main> is not the language's")
    hidden = [a for a in page.all("input") if a["type"] == "hidden" and a["name"] == "request"]
    if len(hidden) != (len(page.all("form")) if forms else 0):
        page.wrong("the sealed request is not in each form")


def check_hostile(page):
    for field in page.all("input"):
        if field.get("name") in ("request", "username", "state"):
            value = field["value"].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            if value != HOSTILE:
                page.wrong(f"{field['name']} came back as {value!r}")
    if "alert(1)" not in page.text and not page.name.startswith("form_post"):
        page.wrong("does not show the name")


def check_classes(folder, used):
    style = (folder / "style.css").read_text()
    without_remarks = re.sub(r"/\*.*?\*/", "", style, flags=re.S)
    styled = set(re.findall(r"\.([a-z][a-z-]*)(?=[\s,:{])", without_remarks))
    for name in sorted(used ^ styled):
        problems.append(f"style.css: the class {name} is on one side alone")


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXT = [("ink", "card"), ("ink", "tint"), ("ink", "page"), ("muted", "card"), ("muted", "tint"),
        ("muted", "page"), ("brand-ink", "brand"), ("brand-ink", "brand-hover"), ("brand", "card"),
        ("brand", "tint"), ("bar-ink", "bar"), ("bar-muted", "bar"), ("problem", "problem-tint"),
        ("ink", "problem-tint")]
EDGES = [("edge", "card"), ("edge", "tint"), ("problem", "card"), ("done", "card"),
         ("focus", "card"), ("bar-ink", "bar")]


def check_contrast(folder):
    schemes = re.findall(r":root \{(.*?)\}", (folder / "style.css").read_text(), re.S)
    if len(schemes) != 2:
        problems.append("style.css: not two colour schemes")
    for name, scheme in zip(("light", "dark"), schemes):
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", scheme))
        for pairs, least in ((TEXT, 4.5), (EDGES, 3)):
            for one, other in pairs:
                ratio = contrast(colours[one], colours[other])
                if ratio < least:
                    problems.append(f"style.css: {name}: {one} on {other} is {ratio:.2f}:1")


def main(render_pages, folder):
    with tempfile.TemporaryDirectory() as pages:
        subprocess.run([render_pages, pages], check=True)
        paths = sorted(p for p in pathlib.Path(pages).glob("*.html") if p.name != "index.html")
        used = set()
        for path in paths:
            source = path.read_text("utf-8", errors="surrogateescape").replace("\r", "")
            page = Page(path.name, source)
            check_structure(page)
            check_controls(page)
            check_language_switch(page)
            if "-hostile" in path.name:
                check_hostile(page)
            used |= {name for _, a, _ in page.elements for name in a.get("class", "").split()}
        check_classes(pathlib.Path(folder), used)
        check_contrast(pathlib.Path(folder))
    print("\n".join(problems) or f"{len(paths)} pages are sound")
    return 1 if problems or not paths else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
