#!/usr/bin/env python3
"""Compile the pages into C: templates/*.html, texts.tsv and style.css become constant tables.

usage: compile_templates.py FOLDER OUT.c OUT.h

The language of a template:

  {{name}}               a value, escaped for HTML text and double-quoted attributes
  {{text key}}           a text of texts.tsv, in the language of the page
  {{if name}} ... {{end}}      only if the value is true, or a text that is not empty
  {{unless name}} ... {{end}}  only if it is not
  {{each name}} ... {{end}}    once for each row of a list
  {{include _part}}      templates/_part.html, in place
  {{style_version}}      the first 16 hexadecimal digits of the style sheet's SHA-256
  {{! a remark }}        nothing

A text may hold {{name}} too, since word order differs between languages. There is no way to put
in a value that is not escaped. Indentation is dropped, and so is a line of tags alone.

Refused, with file and line: an unknown key, a text that nobody uses or that lacks a language, a
section that is not closed, a value in a tag but outside double quotes, whatever the pages'
Content-Security-Policy would block (inline style, event handlers, a second script).
"""
import base64
import hashlib
import html
import pathlib
import re
import sys

LANGUAGES = ("zh", "en")  # the order of enum language in page.h
TAG = re.compile(r"\{\{(.*?)\}\}", re.S)
SECTION = re.compile(r"\{\{(?:(?:if|unless|each) \w+|end)\}\}")
NAME = re.compile(r"[a-z][a-z0-9_]*$")
FORBIDDEN = [
    (re.compile(r"\sstyle\s*=", re.I), "a style attribute"),
    (re.compile(r"<style\b", re.I), "an inline style sheet"),
    (re.compile(r"<[^>]*\son[a-z]+\s*=", re.I), "an event handler"),
    (re.compile(r"javascript:", re.I), "a script URL"),
]
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.I | re.S)


class Refused(Exception):
    pass


def read_texts(path):
    texts = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 1 + len(LANGUAGES) or not all(cell and cell == cell.strip() for cell in cells):
            raise Refused(f"{path}:{number}: not a key and a trimmed text in each of {', '.join(LANGUAGES)}")
        key, *columns = cells
        if not NAME.match(key) or key in texts:
            raise Refused(f"{path}:{number}: '{key}' is no name, or stands here twice")
        places = {tuple(sorted(TAG.findall(text))) for text in columns}
        if len(places) != 1:
            raise Refused(f"{path}:{number}: '{key}' has different values in each language")
        texts[key] = columns
    return texts


def read_template(folder, name, within=()):
    """The template's lines with its includes in place: [(where, line)]."""
    path = folder / "templates" / f"{name}.html"
    if name in within:
        raise Refused(f"{path}: includes itself")
    if not path.is_file():
        raise Refused(f"{path}: no such template, included by {within[-1] if within else 'nobody'}")
    lines = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        part = re.fullmatch(r"\s*\{\{include (\w+)\}\}\s*", line)
        if part:
            lines += read_template(folder, part[1], within + (name,))
            continue
        line = re.sub(r"\{\{!.*?\}\}", "", line).strip()
        if line:
            lines.append((f"{path}:{number}", line))
    return lines


class Compiler:
    def __init__(self, folder):
        self.texts = read_texts(folder / "texts.tsv")
        self.style = (folder / "style.css").read_bytes()
        self.style_digest = hashlib.sha256(self.style).hexdigest()
        self.folder, self.used, self.fields, self.scripts = folder, set(), set(), []

    def template(self, name, language):
        """The operations of one page in one language: [[kind, field, skip, literal]]."""
        self.ops, self.open = [], []
        for where, line in read_template(self.folder, name):
            self.pieces(where, line + ("\n" if SECTION.sub("", line) else ""), language)
        if self.open:
            raise Refused(f"{self.open[-1][1]}: the section is not closed")
        self.check_policy(name)
        return self.ops

    def pieces(self, where, line, language):
        for index, piece in enumerate(TAG.split(line)):
            if index % 2:
                self.tag(where, piece.strip(), language)
            elif "{{" in piece or "}}" in piece:
                raise Refused(f"{where}: a brace without its partner")
            else:
                self.literal(piece)

    def literal(self, text):
        n = len(self.ops)
        section_ended = any(op[2] and i + 1 + op[2] == n for i, op in enumerate(self.ops))
        if n and self.ops[-1][0] == "LITERAL" and not section_ended:
            self.ops[-1][3] += text
        elif text:
            self.ops.append(["LITERAL", None, 0, text])

    def field(self, where, name):
        if not NAME.match(name):
            raise Refused(f"{where}: '{name}' is no name")
        self.fields.add(name)
        return name

    def tag(self, where, tag, language):
        verb, _, rest = tag.partition(" ")
        rest = rest.strip()
        if verb in ("if", "unless", "each") and rest:
            self.ops.append([verb.upper(), self.field(where, rest), 0, ""])
            self.open.append((len(self.ops), where))
        elif tag == "end":
            if not self.open:
                raise Refused(f"{where}: end without a section")
            start, _ = self.open.pop()
            self.ops[start - 1][2] = len(self.ops) - start
        elif verb == "text" and rest:
            self.text(where, rest, language)
        elif tag == "style_version":
            self.literal(self.style_digest[:16])
        elif NAME.match(tag):
            self.value(where, tag)
        else:
            raise Refused(f"{where}: '{tag}' is not understood")

    def text(self, where, key, language):
        if key not in self.texts:
            raise Refused(f"{where}: texts.tsv has no '{key}'")
        self.used.add(key)
        for index, piece in enumerate(TAG.split(self.texts[key][LANGUAGES.index(language)])):
            if index % 2:
                self.value(where, piece.strip())
            else:
                self.literal(html.escape(piece, quote=True))

    def value(self, where, name):
        before = "".join(op[3] if op[0] == "LITERAL" else "" for op in self.ops)
        tag = before[before.rfind("<"):] if before.rfind("<") > before.rfind(">") else ""
        if tag and tag.count('"') % 2 == 0:
            raise Refused(f"{where}: the value '{name}' stands in a tag outside double quotes")
        if before.lower().rfind("<script") > before.lower().rfind("</script"):
            raise Refused(f"{where}: the value '{name}' stands in a script")
        self.ops.append(["VALUE", self.field(where, name), 0, ""])

    def check_policy(self, name):
        source = "".join(op[3] for op in self.ops)
        for pattern, what in FORBIDDEN:
            if pattern.search(source):
                raise Refused(f"{name}.html: {what} would be blocked by the pages' policy")
        for attributes, script in SCRIPT.findall(source):
            if attributes or name != "form_post":
                raise Refused(f"{name}.html: only form_post.html has a script, and an inline one")
            if script not in self.scripts:
                self.scripts.append(script)

    def script_hash(self):
        if len(self.scripts) > 1:
            raise Refused("form_post.html: one script, the same in each language")
        digest = hashlib.sha256("".join(self.scripts).encode()).digest()
        return "sha256-" + base64.b64encode(digest).decode()

    def check_used(self):
        unused = sorted(set(self.texts) - self.used)
        if unused:
            raise Refused(f"texts.tsv: nobody uses {', '.join(unused)}")


def quoted(text):
    """A C string literal, broken after each newline."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    lines = [f'"{line}\\n"' for line in escaped.split("\n")]
    lines[-1] = lines[-1][:-3] + '"'
    if lines[-1] == '""' and len(lines) > 1:
        lines.pop()
    return "\n\t  ".join(lines)


def op_row(op):
    kind, field, skip, literal = op
    if kind == "LITERAL":
        return f"\t{{ .kind = TEMPLATE_LITERAL, .literal = SLICE_INIT({quoted(literal)}) }},\n"
    skip_part = f", .skip = {skip}" if kind != "VALUE" else ""
    return f"\t{{ .kind = TEMPLATE_{kind}, .field = FIELD_{field.upper()}{skip_part} }},\n"


def source(names, compiler):
    out = ['/* Made by compile_templates.py. */\n#include "authd/page/templates.gen.h"\n\n']
    for name in names:
        for language in LANGUAGES:
            out.append(f"static const struct template_op {name}_{language}[] = {{\n")
            out += [op_row(op) for op in compiler.template(name, language)]
            out.append("};\n")
        rows = ", ".join(f"{{ {name}_{language}, {len(compiler.template(name, language))} }}"
                         for language in LANGUAGES)
        out.append(f"const struct template TEMPLATE_{name.upper()}[] = {{ {rows} }};\n\n")
    out.append(f"const struct slice TEMPLATE_STYLE = SLICE_INIT({quoted(compiler.style.decode())});\n")
    return "".join(out)


def header(names, compiler):
    fields = "".join(f"\tFIELD_{name.upper()},\n" for name in sorted(compiler.fields))
    templates = "".join(f"extern const struct template TEMPLATE_{name.upper()}[];\n" for name in names)
    return f"""/* Made by compile_templates.py: each value that a template asks for, and the templates. */
#pragma once

#include "authd/page/template.h"

enum field {{
{fields}	FIELD_COUNT
}};

/* One for each enum language. */
{templates}
extern const struct slice TEMPLATE_STYLE;
#define TEMPLATE_STYLE_DIGEST "{compiler.style_digest[:16]}"
#define TEMPLATE_SCRIPT_HASH "{compiler.script_hash()}"
"""


def main(folder, out_c, out_h):
    folder = pathlib.Path(folder)
    try:
        compiler = Compiler(folder)
        names = sorted(p.stem for p in (folder / "templates").glob("[!_]*.html"))
        c = source(names, compiler)
        compiler.check_used()
        h = header(names, compiler)
    except Refused as reason:
        sys.exit(str(reason))
    pathlib.Path(out_c).write_text(c, "utf-8")
    pathlib.Path(out_h).write_text(h, "utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
