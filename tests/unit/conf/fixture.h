/* Settings that are taken, and settings that are refused for this reason. */
#pragma once

#include "conf/settings.h"

#define ISSUER "issuer: https://id.example\n"

extern struct arena arena; /* what was parsed lies here until teardown() */
extern struct error last;  /* why the last text was refused */
int setup(void **);
int teardown(void **);

/* NULL: it was refused. */
struct conf *parse(const char *text);
struct conf *good(const char *text);
void bad(const char *text, const char *message);
