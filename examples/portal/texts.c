#include "examples/portal/texts.h"

static const char *const ROWS[][2] = {
#define T(name, zh, en) [TEXT_##name] = {zh, en},
        TEXTS(T)
#undef T
};

const char *text_of(enum text text, enum language language)
{
	return ROWS[text][language];
}
