#include "authd/endpoint/routes.h"

#include "authd/endpoint/endpoints.h"

#define ROW(name) &name,
const struct route *const PUBLIC_ROUTES[] = { ROUTES(ROW) NULL };
#undef ROW
