/* A build with other libraries. */
#include "contest.h"

const struct contestant CONTESTANT_PEERS[] = {
	{ "cjose", cjose_open, cjose_verify, cjose_close, NULL, NULL },
	{ "rhonabwy", rhonabwy_open, rhonabwy_verify, rhonabwy_close, NULL, NULL },
	{ "libjose", libjose_open, libjose_verify, libjose_close, NULL, NULL },
	{ "libjwt", libjwt_open, libjwt_verify, libjwt_close, NULL, NULL },
	{ 0 },
};
