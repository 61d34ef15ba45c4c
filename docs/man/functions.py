"""The manual pages of section 3, made from what the public headers say.

functions.py --list HEADER...               the pages' names, one a line
functions.py DATE FOLDER HEADER...          writes them there

A header opens with a comment on the whole: the page of the library. Each comment that begins with two
stars is a page, about what is declared directly below it, up to the next blank line. In it, a text far
to the right names the standard, a row `name  text` explains a parameter, and the paragraphs `Returns`
and `Threads:` have sections of their own. What lacks words is an error, so that nothing is left out.
"""
import pathlib
import re
import sys
import textwrap

DOC = re.compile(r"/\*\*\n?(.*?)\*/\n", re.S)
FUNCTION = re.compile(r"AUTH_(?:API|CHECK) (.*?)(\w+)\(([^()]*)\);", re.S)
STRUCT = re.compile(r"(struct|enum) (\w+) \{\n(.*?)\n\};", re.S)
LIMIT = re.compile(r"^#define (AUTH_\w+_MAX) (\d+) /\* (.*?) \*/", re.M)
STATUS = re.compile(r"AUTH_[A-Z_]+")
LIKE = re.compile(r"\b(?:as|what) (auth_\w+)\(\)")


RIGHT = 40  # the column beyond which a standard is named


class Bad(Exception):
    pass


# ---- reading ------------------------------------------------------------------------------------

def unstar(comment):
    """A comment's lines without their stars."""
    return [re.sub(r"^ ?\* ?", "", line).rstrip() for line in comment.strip("\n ").split("\n")]


def parameters(text):
    """(declaration, name) of each parameter."""
    rows = [" ".join(p.split()) for p in text.split(",")]
    return [(p, re.search(r"(\w+)$", p).group(1)) for p in rows if p != "void"]


class Doc:
    """One comment: its paragraphs, parameters, standards, and what it returns."""

    def __init__(self, comment, names):
        self.paragraphs, self.rows, self.standards = [], {}, []
        self.returns, self.threads = "", ""
        into, names = None, set(names)
        for line in unstar(comment):
            into = self.take(line, into, names)
        self.paragraphs = [p for p in self.paragraphs if p.strip()]

    def take(self, line, into, names):
        """Where the line belongs, given where the one before did."""
        right = re.match(r"^(.*?) {2,}(\S.*)$", line)
        if right and right.start(2) > RIGHT and "\t" not in line:
            line, standard = right.group(1).strip(), right.group(2)
            self.standards.append(standard)
            if not line:
                return into
        if not line.strip():
            return None
        row = re.match(r"^(\w+(?:, \w+)*)( +)(?=\S)", line)
        if row and (row.end() == 8 or len(row.group(2)) > 1) and \
                set(row.group(1).split(", ")) <= names:
            self.rows[row.group(1)] = line[row.end():]
            return ("row", row.group(1))
        for section in ("Returns", "Threads:"):
            before, found, rest = line.partition(section + " ")
            if found and (not before or before.endswith(". ")):
                if before:
                    self.add(before, into)
                return self.take_section(section, rest, names)
        return self.add(line, into)

    def take_section(self, section, rest, names):
        into = "returns" if section == "Returns" else "threads"
        text, found, threads = rest.partition(" Threads: ")
        self.add(text, into)
        return self.add(threads, "threads") if found else into

    def add(self, line, into):
        if into in ("returns", "threads"):
            setattr(self, into, (getattr(self, into) + " " + line.strip()).strip())
        elif into and into[0] == "row":
            self.rows[into[1]] += " " + line.strip()
        elif into and not line.startswith("\t") and not self.paragraphs[-1].startswith("\t"):
            self.paragraphs[-1] += " " + line.strip()
        elif line.startswith("\t") and self.paragraphs and self.paragraphs[-1].startswith("\t"):
            self.paragraphs[-1] += "\n" + line
        else:
            self.paragraphs.append(line)
        return into or ("text", "")

    def all(self):
        return " ".join(self.paragraphs + [self.returns, *self.rows, *self.rows.values()])


class Function:
    def __init__(self, match):
        kind, self.name, args = match.groups()
        self.kind = " ".join(kind.split())
        self.args = parameters(args)
        self.doc = None


class Page:
    """A page: functions with one comment, or a struct or enum."""

    def __init__(self, header, comment, below):
        self.header = header
        self.functions, self.members, self.kind = [], [], ""
        self.note = {}
        for match in FUNCTION.finditer(below):
            f = Function(match)
            inner = re.search(r"/\*\* ?((?:(?!/\*).)*)\*/\n$", below[:match.start()], re.S)
            f.doc = inner and Doc(inner.group(1), [n for _, n in f.args])
            self.functions.append(f)
        names = [n for f in self.functions for _, n in f.args]
        self.doc = Doc(comment, names)
        struct = STRUCT.search(below)
        if struct and not self.functions:
            self.kind, self.name, body = struct.groups()
            self.members = list(members(body))
        elif self.functions:
            self.name = self.functions[0].name
        self.titles = [f.name for f in self.functions] or [self.name]
        first = re.split(r"(?<=[a-z`)])[.;:] ", self.doc.paragraphs[0] + " ")[0].rstrip(". ")
        self.summary = first.replace("`", "")

    def standards(self):
        return ", ".join(s.rstrip(",") for s in self.doc.standards)


def members(body):
    """(heading, declaration, comment) of each member of a struct or enum."""
    pending, last, heading = "", None, ""
    for match in re.finditer(r"/\*(.*?)\*/|(?:^|\n)\s*([^/;,{}]+?)[;,]", body, re.S):
        comment, member = match.groups()
        if member:
            if last:
                yield last
            last, pending = [heading, " ".join(member.split()), pending], ""
            continue
        text = " ".join(" ".join(unstar(comment)).split())
        alone = not body[:match.start()].rsplit("\n", 1)[-1].strip()
        if not alone:
            # What stood above on a line of its own was a heading.
            heading = last[2] or heading
            last[0], last[2] = heading, text
        else:
            pending = text
    if last:
        yield last


def pages_of(header):
    text = pathlib.Path(header).read_text()
    spent = 0
    for match in DOC.finditer(text):
        if match.start() < spent:
            continue
        below = text[match.end():].split("\n\n")[0]
        if below.lstrip().startswith(("struct", "enum")):
            struct = STRUCT.match(text[match.end():])
            if not struct:
                continue  # an opaque type: libauth(3) names it
            below = struct.group(0)
        spent = match.end() + len(below)
        yield Page(pathlib.Path(header).name, match.group(1), below)


class Library:
    """A header: its opening comment, limits and pages."""

    def __init__(self, header):
        self.text = pathlib.Path(header).read_text()
        self.header = pathlib.Path(header).name
        opening = re.match(r"/\*\n(.*?)\*/", self.text, re.S).group(1)
        self.name, self.summary = opening.strip(" *\n").split("\n")[0].rstrip(".").split(": ", 1)
        self.doc = Doc(opening.split("\n", 1)[1], [])
        self.since = re.search(r"since (\d+\.\d+)", " ".join(opening.split())).group(1)
        self.pages = list(pages_of(header))
        self.limits = LIMIT.findall(self.text)


# ---- what the pages must have -------------------------------------------------------------------

def explained(page, f, by_name, seen=()):
    """{parameter: text}, also of the function that this one does the same as."""
    own = f.doc or page.doc
    rows = {n: (names, text) for doc in (page.doc, own) for names, text in doc.rows.items()
            for n in names.split(", ")}
    for like in LIKE.findall(own.all() + " " + page.doc.all()):
        if like in by_name and like not in (f.name, *seen):
            other = by_name[like]
            inherited = explained(other, other.functions[0], by_name, (*seen, f.name))
            rows = {**inherited, **{n: r for n, r in rows.items() if not r[1].startswith("as for")}}
    return rows


def check(libraries, by_name):
    declared = {f for lib in libraries for _, f, _ in FUNCTION.findall(lib.text)}
    for name in sorted(declared - set(by_name)):
        raise Bad(f"{name}: there is no comment above it")
    for page in {id(p): p for p in by_name.values()}.values():
        for m in page.members:
            if not m[2]:
                raise Bad(f"{page.name}: {m[1]} is not explained")
        for f in page.functions:
            check_function(page, f, by_name)


def check_function(page, f, by_name):
    own = f.doc or page.doc
    if f.kind != "void" and not (own.returns or page.doc.returns):
        raise Bad(f"{f.name}: what it returns is not said")
    words = set(re.findall(r"\w+", own.all() + " " + page.doc.all()))
    for _, name in f.args[1:]:
        if name not in words and name not in explained(page, f, by_name):
            raise Bad(f"{f.name}: the parameter {name} is not explained")


def answers(page, statuses, by_name, seen=()):
    """The statuses that a page's functions return, in their order."""
    text = page.doc.returns + " " + " ".join(f.doc.returns for f in page.functions if f.doc)
    order = list(statuses)
    text, _, without = text.partition(", but ")
    found = set(STATUS.findall(text + ("" if "AUTH_" in text else without)))
    for a, b in re.findall(r"(AUTH_\w+) to (AUTH_\w+)", text):
        found |= set(order[order.index(a):order.index(b) + 1])
    for like in re.findall(r"what (auth_\w+)\(\)", text):
        if like in by_name and like not in seen:
            found |= set(answers(by_name[like], statuses, by_name, (*seen, like)))
    found -= set(STATUS.findall(without))
    return [s for s in order if s in found and s != "AUTH_OK"]


# ---- writing ------------------------------------------------------------------------------------

def escape(text):
    text = text.replace("\\", "\\e").replace("§", "\\(sc").replace("`", "\\(ga")
    return re.sub(r"^(?=[.'])", r"\\&", text)


def quoted(text):
    return '"' + escape(text).replace('"', "\\(dq") + '"'


class Writer:
    def __init__(self, known, self_names):
        self.out, self.known, self.own = [], known, self_names

    def line(self, text):
        self.out.append(text)

    def macro(self, word):
        """A word that has a macro of its own, with what clings to it; None for any other."""
        m = re.match(r"^([(]*)(`[^`]+`|auth_\w+\(\)|auth_\w+|AUTH_[A-Z_]+)(\S*)$", word)
        if not m:
            return None
        before, core, after = m.groups()
        name = core.strip("`").removesuffix("()")
        if core[0] == "`":
            said = f"Ql {quoted(name)}"
        elif core.startswith("AUTH_"):
            said = f"Dv {name}"
        elif name in self.own:
            said = f"Fn {name}" if core.endswith("()") else f"Vt {name}"
        elif name in self.known:
            said = f"Xr {name} 3"
        else:
            return None
        if after and set(after) <= set(".,;:)?!"):
            said += " " + " ".join(after)
        elif after:
            said += " Ns " + quoted(after)
        return f".Pf {before} {said}" if before else f".{said}"

    def text(self, text):
        """Filled text; a new sentence stands on a new line."""
        words, line = re.findall(r"[^\s`]*`[^`]*`\S*|\S+", text), []

        def flush():
            if line:
                self.out += [escape(t) for t in textwrap.wrap(" ".join(line), 78,
                             break_long_words=False, break_on_hyphens=False)]
                line.clear()
        for i, word in enumerate(words):
            said = self.macro(word)
            if said:
                flush()
                self.line(said)
                continue
            line.append(word)
            ends = re.search(r"[.?!]\)?$", word) and words[i + 1:] and words[i + 1][0].isupper()
            if ends:
                flush()
        flush()

    def paragraphs(self, paragraphs, first=True):
        for p in paragraphs:
            if p.startswith("\t"):
                self.line(".Bd -literal -offset indent")
                self.out += [escape(l.removeprefix("\t")) for l in p.split("\n")]
                self.line(".Ed")
                first = False
                continue
            if not first:
                self.line(".Pp")
            self.text(p)
            first = False

    def list(self, rows, width="Ds"):
        self.line(f".Bl -tag -width {width}")
        for tag, text in rows:
            self.line(f".It {tag}")
            self.text(text)
        self.line(".El")

    def section(self, name, text):
        if text:
            self.line(f".Sh {name}")
            self.text(text)


def sentence(text):
    """A text as a sentence; a parameter's name keeps its letter."""
    return text if re.match(r"[b-z] |[a-z]+_", text) else text[:1].upper() + text[1:]


def head(w, date, names, summary, library):
    title = names[0]
    w.line(f".Dd {date}\n.Dt {title.upper()} 3\n.Os authd\n.Sh NAME")
    for n in names[:-1]:
        w.line(f".Nm {n} ,")
    w.line(f".Nm {names[-1]}\n.Nd {escape(summary[0].lower() + summary[1:])}")
    w.line(f".Sh LIBRARY\n{library.name},\n.Ql pkg-config --cflags --libs {library.name}")


def synopsis(w, page):
    w.line(f".Sh SYNOPSIS\n.In {page.header}")
    if page.kind:
        w.line(f".Vt {page.kind} {page.name} ;")
    for f in page.functions:
        w.line(f".Ft {quoted(f.kind)}\n.Fo {f.name}")
        for declaration, _ in f.args or [("void", "")]:
            w.line(f".Fa {quoted(declaration)}")
        w.line(".Fc")


def description(w, page, by_name):
    w.line(".Sh DESCRIPTION")
    alone = page.doc.paragraphs[0].rstrip(".").replace("`", "") == page.summary
    w.paragraphs(page.doc.paragraphs[alone and len(page.doc.paragraphs) > 1:])
    rows = {}
    for f in page.functions:
        rows.update({n: text for n, (_, text) in explained(page, f, by_name).items()
                     if n in [a for _, a in f.args]})
    if rows:
        order = [n for f in page.functions for _, n in f.args]
        w.list([(f"Fa {n}", sentence(rows[n])) for n in dict.fromkeys(order) if n in rows])
    groups = dict.fromkeys(m[0] for m in page.members)
    for group in groups:
        if group:
            w.line(".Pp")
            w.text(sentence(group) + ":")
        w.list([(f"Fa {quoted(d)}" if page.kind == "struct" else f"Dv {quoted(d)}", sentence(t))
                for g, d, t in page.members if g == group])


def returns(w, page):
    each = [f for f in page.functions if f.doc and f.doc.returns]
    if not each and not page.doc.returns:
        return
    w.line(".Sh RETURN VALUES")
    w.text(page.doc.returns and "Returns " + page.doc.returns)
    if each:
        w.list([(f"Fn {f.name}", sentence(f.doc.returns)) for f in each])


def write_page(w, date, page, library, context):
    statuses, by_name, threads, siblings = context
    head(w, date, page.titles, page.summary, library)
    synopsis(w, page)
    description(w, page, by_name)
    returns(w, page)
    errors = answers(page, statuses, by_name)
    if errors:
        w.line(".Sh ERRORS")
        w.list([(f"Dv {s}", sentence(statuses[s])) for s in errors], "AUTH_MALFORMED")
    related = [n for n in siblings if n not in page.titles]
    w.line(".Sh SEE ALSO")
    w.line(" ,\n".join(f".Xr {n} 3" for n in related))
    w.section("STANDARDS", page.standards())
    if page.functions:
        w.section("THREADS", sentence(page.doc.threads or threads))
    w.section("HISTORY", f"Since {library.name} {library.since}.")


def write_library(w, date, library, libraries):
    head(w, date, [library.name], library.summary, library)
    w.line(f".Sh SYNOPSIS\n.In {library.header}\n.Sh DESCRIPTION")
    w.paragraphs(library.doc.paragraphs)
    status = next((p for p in library.pages if p.name == "auth_status"), None)
    if status:
        w.line(".Sh STATUSES")
        w.paragraphs(status.doc.paragraphs)
        for group in dict.fromkeys(m[0] for m in status.members):
            if group:
                w.line(".Pp")
                w.text(sentence(group) + ":")
            w.list([(f"Dv {quoted(d)}", sentence(t)) for g, d, t in status.members if g == group])
    if library.limits:
        w.line(".Sh LIMITS")
        w.list([(f"Dv {n} No = {v}", sentence(t)) for n, v, t in library.limits])
    w.line(".Sh FUNCTIONS AND TYPES")
    w.list([(" , ".join(f"Xr {n} 3" for n in p.titles), sentence(p.summary)) for p in library.pages
            if p is not status])
    others = [l.name for l in libraries if l is not library]
    w.line(".Sh SEE ALSO\n" + " ,\n".join([".Xr authctl 1", *(f".Xr {n} 3" for n in others)]))
    w.section("THREADS", sentence(library.doc.threads))


def write(folder, name, lines):
    (folder / f"{name}.3").write_text("\n".join(l for l in lines if l) + "\n")


def write_all(date, folder, libraries):
    by_name = {t: p for lib in libraries for p in lib.pages for t in p.titles}
    check(libraries, by_name)
    members_of = by_name["auth_status"].members
    statuses = {m[1].split(" = ")[0]: m[2] for m in members_of}
    threads = libraries[0].doc.threads
    known = {*by_name, *(lib.name for lib in libraries)}
    for library in libraries:
        w = Writer(known, [library.name])
        write_library(w, date, library, libraries)
        write(folder, library.name, w.out)
        for page in library.pages:
            if page.name == "auth_status":
                write(folder, page.name, [f".so man3/{library.name}.3"])
                continue
            near = sorted({library.name, *LIKE.findall(page.doc.all()),
                           *(n for n in re.findall(r"auth_\w+", synopsis_text(page)) if n in known)})
            w = Writer(known, page.titles)
            write_page(w, date, page, library, (statuses, by_name, threads, near))
            write(folder, page.name, w.out)
            for link in page.titles[1:]:
                write(folder, link, [f".so man3/{page.name}.3"])


def synopsis_text(page):
    return " ".join([f.kind + " " + " ".join(d for d, _ in f.args) for f in page.functions] +
                    [page.doc.all()])


def main():
    if sys.argv[1] == "--list":
        for library in map(Library, sys.argv[2:]):
            print("\n".join([library.name, *(t for p in library.pages for t in p.titles)]))
        return
    date, folder, *headers = sys.argv[1:]
    write_all(date, pathlib.Path(folder), [Library(h) for h in headers])


if __name__ == "__main__":
    try:
        main()
    except Bad as e:
        sys.exit(f"functions.py: {e}")
