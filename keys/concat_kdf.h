/*
 * Concat KDF with SHA-256 (NIST SP 800-56A §5.8.1), as ECDH-ES uses it (RFC 7518 §4.6.2).
 *                                                                          Threads: all may call.
 */
#pragma once

#include "libauth/base/slice.h"
#include "libauth/base/status.h"

/*
 * n bytes of key out of an agreed secret. algorithm: what the key is for, `enc` where it is agreed
 * upon directly. apu, apv: PartyUInfo and PartyVInfo, absent where the header has none.
 */
status concat_kdf(struct slice secret, struct slice algorithm, struct slice apu, struct slice apv,
		  uint8_t *out, size_t n);
