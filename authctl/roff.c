#include "authctl/roff.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

void roff_begin(FILE *out, const char *title, const char *section, const char *name,
		const char *summary)
{
	fprintf(out, ".Dd " MANUAL_DATE "\n.Dt %s %s\n.Os authd\n.Sh NAME\n.Nm %s\n.Nd %s\n", title,
		section, name, summary);
}

/* What is typed or copied must come out as ASCII; groff would make typography of it. */
static const char *escaped(char c, bool literal)
{
	switch (c) {
	case '\\': return "\\e";
	case '^': return "\\(ha";
	case '~': return "\\(ti";
	case '`': return "\\(ga";
	case '-': return literal ? "\\-" : NULL;
	case '\'': return literal ? "\\(aq" : NULL;
	default: return NULL;
	}
}

static void put_char(FILE *out, char c, bool literal)
{
	const char *text = escaped(c, literal);
	if (text)
		fputs(text, out);
	else
		fputc(c, out);
}

/* A line must not begin like a request. */
static void put_guard(FILE *out, const char *line)
{
	if (*line == '.' || *line == '\'')
		fputs("\\&", out);
}

static void put_line(FILE *out, const char *line, size_t n, bool literal)
{
	put_guard(out, line);
	for (size_t k = 0; k < n; k++) {
		put_char(out, line[k], literal);
		/* mdoc: a new sentence stands on a new line. */
		if (literal || k + 2 >= n || !strchr(".?!", line[k]) || line[k + 1] != ' ' ||
		    !isupper((unsigned char)line[k + 2]))
			continue;
		fputc('\n', out);
		k++;
	}
	fputc('\n', out);
}

/* Blank lines wait: between two lines of an example they belong to it, elsewhere they part
 * paragraphs; at the end they are nothing. */
void roff_text(FILE *out, const char *text)
{
	bool example = false;
	size_t blank = 0;
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (n == 0) {
			blank++;
			continue;
		}
		bool indented = strncmp(text, "  ", 2) == 0;
		if (indented != example)
			fputs(indented ? ".Bd -literal -offset indent\n" : ".Ed\n", out);
		if (blank && !indented)
			fputs(".Pp\n", out);
		for (; blank && indented && example; blank--)
			fputc('\n', out);
		blank = 0;
		example = indented;
		put_line(out, indented ? text + 2 : text, indented ? n - 2 : n, example);
	}
	if (example)
		fputs(".Ed\n", out);
}

void roff_literal(FILE *out, const char *text)
{
	fputs(".Bd -literal -offset indent\n", out);
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		put_line(out, text, n, true);
	}
	fputs(".Ed\n", out);
}

void roff_argument(FILE *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p != ' ' && (p == text || p[-1] == ' '))
			fputs("\\&", out);
		put_char(out, *p, true);
	}
	fputs("\\&", out); /* nor is its end a full stop */
}
