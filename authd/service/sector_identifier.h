/*
 * sector_identifier_uri: one host speaks for several redirect URIs (OIDC Core §8.1, Dynamic
 * Registration §5).                                                   Threads: pure functions.
 */
#pragma once

#include "authd/model/client.h"
#include "authd/service/fetch.h"

/*
 * Is what was fetched from c->sector_identifier_uri a JSON array of strings that has each of the
 * client's redirect_uris, compared as bytes? ST_OK, or ST_INVALID with the reason, which may be told to
 * whoever registers.
 */
status sector_identifier_check(const struct client *c, const struct fetch *fetched, struct error *e);
