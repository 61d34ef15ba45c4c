/* A build without other libraries. */
#include "contest.h"

const struct contestant CONTESTANT_PEERS[] = { { 0 } };
