/*
 * Mutations that know what they change, for libFuzzer's LLVMFuzzerCustomMutator(): data of n bytes
 * has room for `most`; the new length is returned.                      Threads: nothing is kept.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What a target defines to have its own; see libFuzzer. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t most, unsigned seed);
/* libFuzzer's own; replay.c has a small one in its place. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t most);

/* splitmix64 */
uint64_t mutate_random(uint64_t *state);

/* One value duplicated, dropped, typed otherwise, replaced by another of the text or mutated. */
size_t mutate_json(uint8_t *data, size_t n, size_t most, unsigned seed);

/* A segment of a token cut, duplicated or changed: as bytes, or as the JSON that it stands for. Its
 * signature is left as it was. */
size_t mutate_token(uint8_t *data, size_t n, size_t most, unsigned seed);

/* Input of signed.h, of either kind. */
size_t mutate_signed(uint8_t *data, size_t n, size_t most, unsigned seed);
