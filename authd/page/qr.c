#include "authd/page/qr.h"

#include "libauth/base/mem.h"

#include <errno.h>
#include <qrencode.h>

enum { MARGIN = 4, DARK = 1 };

DEFINE_AUTO(qr, QRcode *, QRcode_free)

/* How many dark modules stand side by side from here. */
static int run(const uint8_t *row, int x, int width)
{
	int end = x;
	while (end < width && row[end] & DARK)
		end++;
	return end - x;
}

status qr_path(struct buf *out, struct slice text, int *ret_size)
{
	errno = 0;
	AUTO(qr) QRcode *code = QRcode_encodeData((int)text.n, text.p, 0, QR_ECLEVEL_M);
	if (!code)
		return errno == ENOMEM ? ST_NOMEM : ST_TOO_LARGE;
	for (int y = 0; y < code->width; y++) {
		const uint8_t *row = code->data + (size_t)y * (size_t)code->width;
		for (int x = 0, n; x < code->width; x += n ? n : 1) {
			n = run(row, x, code->width);
			if (n)
				buf_format(out, "M%d %dh%dv1h-%dz", x + MARGIN, y + MARGIN, n, n);
		}
	}
	*ret_size = code->width + 2 * MARGIN;
	return buf_status(out);
}
