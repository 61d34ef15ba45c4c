#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, FILES_MAX = 32, NAMES_MAX = 256 };

/* A change of a file that is not durable yet: at most one sector, or a new size. */
struct piece {
	uint64_t offset;
	const uint8_t *bytes; /* in the log; NULL: the file is cut or grown to offset */
	size_t n;
};

struct image {
	uint8_t *bytes;
	size_t n, capacity;
};

struct file {
	uint64_t inode;
	struct image durable;
	struct piece *pieces;
	size_t pieces_n, pieces_capacity;
};

struct name_change {
	enum event_type type;
	uint64_t inode;
	const char *name, *to;
	bool durable;
};

struct replay {
	uint8_t *log;
	size_t size, at;
	struct file files[FILES_MAX];
	size_t files_n;
	struct name_change names[NAMES_MAX];
	size_t names_n;
};

static void fail(const char *why)
{
	fprintf(stderr, "replay: %s\n", why);
	exit(2);
}

/* ---- files ---------------------------------------------------------------------------------- */

static void image_resize(struct image *i, size_t n)
{
	if (n > i->capacity) {
		size_t capacity = n * 2;
		i->bytes = realloc(i->bytes, capacity);
		if (!i->bytes)
			fail("no memory");
		memset(i->bytes + i->capacity, 0, capacity - i->capacity);
		i->capacity = capacity;
	}
	if (n < i->n)
		memset(i->bytes + n, 0, i->n - n);
	i->n = n;
}

static void image_apply(struct image *i, const struct piece *p)
{
	if (!p->bytes) {
		image_resize(i, p->offset);
		return;
	}
	if (p->offset + p->n > i->n)
		image_resize(i, p->offset + p->n);
	memcpy(i->bytes + p->offset, p->bytes, p->n);
}

static struct file *file_of(struct replay *r, uint64_t inode)
{
	for (size_t i = 0; i < r->files_n; i++)
		if (r->files[i].inode == inode)
			return &r->files[i];
	if (r->files_n == FILES_MAX)
		fail("too many files");
	r->files[r->files_n] = (struct file){ .inode = inode };
	return &r->files[r->files_n++];
}

static void add_piece(struct file *f, struct piece p)
{
	if (f->pieces_n == f->pieces_capacity) {
		f->pieces_capacity = f->pieces_capacity ? f->pieces_capacity * 2 : 256;
		f->pieces = realloc(f->pieces, f->pieces_capacity * sizeof *f->pieces);
		if (!f->pieces)
			fail("no memory");
	}
	f->pieces[f->pieces_n++] = p;
}

static void add_write(struct file *f, uint64_t offset, const uint8_t *bytes, size_t n)
{
	while (n) {
		size_t part = SECTOR - offset % SECTOR;
		part = part < n ? part : n;
		add_piece(f, (struct piece){ offset, bytes, part });
		offset += part;
		bytes += part;
		n -= part;
	}
}

static void sync_file(struct file *f)
{
	for (size_t i = 0; i < f->pieces_n; i++)
		image_apply(&f->durable, &f->pieces[i]);
	f->pieces_n = 0;
}

/* Durable by itself; its sectors take along what else was written to them. */
static void write_through(struct file *f, uint64_t offset, const uint8_t *bytes, size_t n)
{
	uint64_t from = offset / SECTOR * SECTOR, to = (offset + n + SECTOR - 1) / SECTOR * SECTOR;
	size_t kept = 0;
	for (size_t i = 0; i < f->pieces_n; i++) {
		const struct piece *p = &f->pieces[i];
		if (p->bytes && p->offset >= from && p->offset < to)
			image_apply(&f->durable, p);
		else
			f->pieces[kept++] = *p;
	}
	f->pieces_n = kept;
	image_apply(&f->durable, &(struct piece){ offset, bytes, n });
}

/* ---- names ---------------------------------------------------------------------------------- */

static bool is_in(const char *name, const char *dir)
{
	const char *slash = strrchr(name, '/');
	size_t n = slash ? (size_t)(slash - name) : 0;
	return strlen(dir) == n && strncmp(name, dir, n) == 0;
}

static void sync_dir(struct replay *r, const char *dir)
{
	for (size_t i = 0; i < r->names_n; i++) {
		struct name_change *c = &r->names[i];
		if (is_in(c->to ? c->to : c->name, dir))
			c->durable = true;
	}
}

static void add_name(struct replay *r, enum event_type type, uint64_t inode, const char *name)
{
	if (r->names_n == NAMES_MAX)
		fail("too many changes of names");
	r->names[r->names_n++] = (struct name_change){
		.type = type,
		.inode = inode,
		.name = name,
		.to = type == EVENT_RENAME ? name + strlen(name) + 1 : NULL,
	};
}

/* ---- the log -------------------------------------------------------------------------------- */

struct replay *replay_open(const char *log)
{
	struct stat st;
	int fd = open(log, O_RDONLY);
	if (fd < 0 || fstat(fd, &st)) {
		fprintf(stderr, "replay: %s: %s\n", log, strerror(errno));
		return NULL;
	}
	struct replay *r = calloc(1, sizeof *r);
	uint8_t *bytes = malloc((size_t)st.st_size + 1);
	if (!r || !bytes || read(fd, bytes, (size_t)st.st_size) != st.st_size)
		fail("the log cannot be read");
	close(fd);
	r->log = bytes;
	r->size = (size_t)st.st_size;
	return r;
}

void replay_free(struct replay *r)
{
	for (size_t i = 0; i < r->files_n; i++) {
		free(r->files[i].durable.bytes);
		free(r->files[i].pieces);
	}
	free(r->log);
	free(r);
}

static void apply(struct replay *r, const struct event *e, const uint8_t *bytes)
{
	switch (e->type) {
	case EVENT_WRITE: return add_write(file_of(r, e->file), e->offset, bytes, e->size);
	case EVENT_WRITE_SYNC: return write_through(file_of(r, e->file), e->offset, bytes, e->size);
	case EVENT_SYNC: return sync_file(file_of(r, e->file));
	case EVENT_TRUNCATE:
		return add_piece(file_of(r, e->file), (struct piece){ e->offset, NULL, 0 });
	case EVENT_CREATE:
	case EVENT_MKDIR:
	case EVENT_RENAME:
	case EVENT_UNLINK: return add_name(r, e->type, e->file, (const char *)bytes);
	case EVENT_SYNC_DIR: return sync_dir(r, (const char *)bytes);
	case EVENT_ACK: return;
	default: fail("the recording has a call that cannot be replayed");
	}
}

const struct event *replay_next(struct replay *r, const void **ret_bytes)
{
	if (r->at + sizeof(struct event) > r->size)
		return NULL;
	/* Events are of any length, so this one need not be aligned in the log. */
	static struct event e;
	memcpy(&e, r->log + r->at, sizeof e);
	const uint8_t *bytes = r->log + r->at + sizeof e;
	r->at += sizeof e + e.size;
	apply(r, &e, bytes);
	*ret_bytes = bytes;
	return &e;
}

bool replay_pending(const struct replay *r)
{
	for (size_t i = 0; i < r->files_n; i++)
		if (r->files[i].pieces_n)
			return true;
	for (size_t i = 0; i < r->names_n; i++)
		if (!r->names[i].durable)
			return true;
	return false;
}

/* ---- states --------------------------------------------------------------------------------- */

struct entry {
	const char *name;
	uint64_t inode; /* 0: a directory */
};

struct tree {
	struct entry entries[NAMES_MAX];
	size_t n;
};

static struct entry *find_entry(struct tree *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->entries[i].name, name) == 0)
			return &t->entries[i];
	return NULL;
}

static void drop_entry(struct tree *t, struct entry *e)
{
	if (e)
		*e = t->entries[--t->n];
}

/* A new name of a file can outlive the directory in which the old one was never durable. */
static void change_name(struct tree *t, const struct name_change *c)
{
	drop_entry(t, find_entry(t, c->name));
	if (c->type == EVENT_UNLINK)
		return;
	const char *name = c->to ? c->to : c->name;
	drop_entry(t, find_entry(t, name));
	t->entries[t->n++] = (struct entry){ name, c->inode };
}

/* One state takes each piece with the same chance, from rarely to mostly. */
struct dice {
	enum replay_choice choice;
	unsigned *seed;
	int chance; /* of 16 */
};

static bool chosen(const struct dice *d)
{
	if (d->choice != REPLAY_SAMPLE)
		return d->choice == REPLAY_ALL;
	return rand_r(d->seed) % 16 < d->chance;
}

static bool write_image(const struct file *f, const struct dice *dice, const char *path)
{
	struct image image = { 0 };
	if (f)
		image_resize(&image, f->durable.n);
	if (f && f->durable.n)
		memcpy(image.bytes, f->durable.bytes, f->durable.n);
	for (size_t i = 0; f && i < f->pieces_n; i++)
		if (chosen(dice))
			image_apply(&image, &f->pieces[i]);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	bool fine = fd >= 0 && write(fd, image.bytes, image.n) == (ssize_t)image.n;
	if (fd >= 0)
		close(fd);
	free(image.bytes);
	return fine;
}

static const struct file *find_file(const struct replay *r, uint64_t inode)
{
	for (size_t i = 0; i < r->files_n; i++)
		if (r->files[i].inode == inode)
			return &r->files[i];
	return NULL;
}

static bool write_entry(const struct replay *r, const struct entry *e, const struct dice *dice,
			const char *dir)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir, e->name);
	if (!e->inode)
		return mkdir(path, 0700) == 0;
	/* Without its directory a file is not to be found. */
	return write_image(find_file(r, e->inode), dice, path) || strchr(e->name, '/');
}

static bool write_tree(const struct replay *r, const struct tree *t, bool directories,
		       const struct dice *dice, const char *dir)
{
	bool fine = true;
	for (size_t i = 0; i < t->n; i++)
		if ((t->entries[i].inode == 0) == directories)
			fine = write_entry(r, &t->entries[i], dice, dir) && fine;
	return fine;
}

bool replay_write(const struct replay *r, enum replay_choice choice, unsigned *seed,
		  const char *dir)
{
	const struct dice dice = {
		.choice = choice,
		.seed = seed,
		.chance = choice == REPLAY_SAMPLE ? 1 + rand_r(seed) % 15 : 0,
	};
	struct tree tree = { 0 };
	for (size_t i = 0; i < r->names_n; i++)
		if (r->names[i].durable || chosen(&dice))
			change_name(&tree, &r->names[i]);
	return write_tree(r, &tree, true, &dice, dir) && write_tree(r, &tree, false, &dice, dir);
}
