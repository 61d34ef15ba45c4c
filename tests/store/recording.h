/*
 * What a process did to the files under one directory, in order; made by recorder.so, read by
 * replay.c. Each event is this struct, then `size` bytes: what was written, or names.
 */
#pragma once

#include <stdint.h>

enum event_type {
	EVENT_WRITE,      /* file, offset, bytes */
	EVENT_WRITE_SYNC, /* the same through O_DSYNC: durable when it returns */
	EVENT_SYNC,       /* file: what was written before is durable */
	EVENT_TRUNCATE,   /* file, offset: the new size */
	EVENT_CREATE,     /* file, name */
	EVENT_MKDIR,      /* name */
	EVENT_RENAME,     /* file, name NUL name */
	EVENT_UNLINK,     /* name */
	EVENT_SYNC_DIR,   /* name of a directory, "" for the top */
	EVENT_ACK,        /* what the process wrote to its standard output */
	EVENT_UNKNOWN,    /* a call that is not replayed: the recording is of no use */
};

struct event {
	uint32_t type;
	uint32_t size;
	uint64_t file; /* inode number */
	uint64_t offset;
};

/* Environment of recorder.so. */
#define RECORD_DIR "RECORD_DIR"               /* absolute */
#define RECORD_LOG "RECORD_LOG"               /* appended to */
#define RECORD_SKIP_SYNC "RECORD_SKIP_SYNC"   /* "fdatasync" or "fsync": left out, as a known fault */
