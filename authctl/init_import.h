/* authctl init --import: a file of natural persons becomes the store of a new issuer. */
#pragma once

#include "authctl/import.h"

/* The keys are there, the store is not: it is made whole, or not at all. */
enum exit_code init_import(struct ctl *c, const struct conf *conf, const char *path);
