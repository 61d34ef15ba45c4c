#include "authd/service/status_slots.h"

#include "authd/store/files.h"
#include "keys/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LATE_S = 120, /* verifiers' clocks may be late */
	LOCK_WAIT_MS = 2000,
	NAME_SIZE = 2 * sizeof(struct id),
};

static const uint8_t MAGIC[16] = "authd slots 1\n";

struct slots_file {
	uint8_t magic[sizeof MAGIC];
	uint8_t boot_id[40];
	struct slots_times times;
	uint8_t spare[4096 - sizeof MAGIC - 40 - sizeof(struct slots_times)];
	struct slot slots[STATUS_PLACES];
};
_Static_assert(sizeof(struct slots_file) == 4096 + STATUS_PLACES * sizeof(struct slot), "no padding");

static status path_of(const char *dir, struct id id, char path[FILES_PATH_MAX])
{
	AUTO_BUF struct buf name = { 0 };
	buf_put_hex(&name, id_slice(&id));
	buf_put_byte(&name, '\0');
	TRY(buf_status(&name));
	return files_path(dir, (const char *)name.p, path);
}

void slots_free(struct slots *s)
{
	if (!s)
		return;
	if (s->file)
		munmap(s->file, sizeof *s->file);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

void slots_remove(const char *dir, struct slots *s)
{
	char path[FILES_PATH_MAX];
	if (s && path_of(dir, s->id, path) == ST_OK)
		unlink(path);
	slots_free(s);
}

static status slots_new(struct id id, int fd, struct slots **ret)
{
	struct slots *s = calloc(1, sizeof *s);
	if (!s) {
		close(fd);
		return ST_NOMEM;
	}
	s->id = id;
	s->fd = fd;
	*ret = s;
	return ST_OK;
}

static status map(struct slots *s)
{
	void *p = mmap(NULL, sizeof *s->file, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (p == MAP_FAILED)
		return files_status(errno);
	/* Slots come one by one: the kernel needs not read a whole new file, which is zeros. */
	(void)madvise(p, sizeof *s->file, MADV_RANDOM);
	s->file = p;
	return ST_OK;
}

/* ---- making --------------------------------------------------------------------------------- */

/* A page that found no place on a full disk would kill the process when it is written to, so the
 * space is taken before. A filesystem that cannot do so is taken as it is. */
static status allocate(int fd)
{
	if (ftruncate(fd, sizeof(struct slots_file)))
		return files_status(errno);
	if (fallocate(fd, 0, 0, sizeof(struct slots_file)) && errno != EOPNOTSUPP)
		return files_status(errno);
	return ST_OK;
}

/* The header survives a power cut, so that the list is known for what it is afterwards. */
static status write_header(struct slots *s, const char *dir, const struct slots_times *times)
{
	TRY(map(s));
	TRY(files_boot_id(s->file->boot_id));
	s->times = s->file->times = *times;
	s->last_issued_at = times->opened_at;
	s->whole = true;
	memcpy(s->file->magic, MAGIC, sizeof MAGIC);
	if (fsync(s->fd))
		return ST_IO;
	return files_sync_dir(dir);
}

static status create_locked(const char *dir, struct id id, const struct slots_times *times,
			    struct slots **ret)
{
	char path[FILES_PATH_MAX];
	TRY(path_of(dir, id, path));
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return files_status(errno);
	AUTO(slots) struct slots *s = NULL;
	status result = flock(fd, LOCK_EX | LOCK_NB) ? ST_IO : ST_OK;
	if (result == ST_OK)
		result = allocate(fd);
	if (result != ST_OK)
		close(fd);
	if (result == ST_OK)
		result = slots_new(id, fd, &s);
	if (result == ST_OK)
		result = write_header(s, dir, times);
	if (result != ST_OK) {
		unlink(path);
		return result;
	}
	*ret = TAKE(s);
	return ST_OK;
}

status slots_create(const char *dir, const struct slots_times *times, struct slots **ret)
{
	struct id id;
	int lock;
	TRY(random_bytes(&id, sizeof id));
	TRY(files_lock_dir(dir, LOCK_WAIT_MS, &lock));
	status s = create_locked(dir, id, times, ret);
	close(lock);
	return s;
}

/* ---- taking over ---------------------------------------------------------------------------- */

/* ST_INVALID: it was never a list. */
static status read_header(struct slots *s)
{
	struct stat st;
	uint8_t boot_id[BOOT_ID_SIZE];
	if (fstat(s->fd, &st))
		return ST_IO;
	if (st.st_size != (off_t)sizeof *s->file)
		return ST_INVALID;
	TRY(map(s));
	if (memcmp(s->file->magic, MAGIC, sizeof MAGIC) != 0)
		return ST_INVALID;
	TRY(files_boot_id(boot_id));
	s->whole = memcmp(s->file->boot_id, boot_id, sizeof boot_id) == 0;
	s->times = s->file->times;
	s->last_issued_at = s->times.opened_at;
	return ST_OK;
}

static void count(struct slots *s)
{
	while (s->n < STATUS_PLACES && s->file->slots[s->n].filled) {
		int64_t issued_at = s->times.opened_at + s->file->slots[s->n++].issued;
		s->last_issued_at = issued_at > s->last_issued_at ? issued_at : s->last_issued_at;
	}
}

/* ST_BUSY: another process, or this one, works with it. */
static status adopt_one(const char *path, struct id id, struct slots **ret)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return files_status(errno);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		status s = errno == EWOULDBLOCK ? ST_BUSY : ST_IO;
		close(fd);
		return s;
	}
	AUTO(slots) struct slots *s = NULL;
	TRY(slots_new(id, fd, &s));
	TRY(read_header(s));
	count(s);
	*ret = TAKE(s);
	return ST_OK;
}

struct adoption {
	const char *dir;
	int64_t now;
	void (*found)(void *context, struct slots *s);
	void *context;
};

static status adopt_entry(const struct adoption *a, const char *name)
{
	struct id id;
	char path[FILES_PATH_MAX];
	struct slots *s = NULL;
	if (strlen(name) != NAME_SIZE || id_parse(slice_str(name), &id) != ST_OK)
		return ST_OK;
	TRY(files_path(a->dir, name, path));
	status result = adopt_one(path, id, &s);
	if (result == ST_INVALID)
		unlink(path);
	if (result != ST_OK)
		return is_fault(result) ? result : ST_OK;
	if (slots_are_over(s, a->now))
		slots_remove(a->dir, s);
	else
		a->found(a->context, s);
	return ST_OK;
}

static status adopt_all(const struct adoption *a)
{
	DIR *d = opendir(a->dir);
	if (!d)
		return files_status(errno);
	status s = ST_OK;
	for (struct dirent *entry; s == ST_OK && (entry = readdir(d));)
		s = adopt_entry(a, entry->d_name);
	closedir(d);
	return s;
}

status slots_adopt(const char *dir, int64_t now, void (*found)(void *context, struct slots *s),
		   void *context)
{
	const struct adoption adoption = { dir, now, found, context };
	int lock;
	/* Whoever is just making a list has not locked it yet. */
	TRY(files_lock_dir(dir, LOCK_WAIT_MS, &lock));
	status s = adopt_all(&adoption);
	close(lock);
	return s;
}

/* ---- slots ---------------------------------------------------------------------------------- */

status slots_append(struct slots *s, const struct slot *slot)
{
	if (s->n == STATUS_PLACES)
		return ST_UNAVAILABLE;
	struct slot *to = &s->file->slots[s->n];
	*to = *slot;
	to->filled = 0;
	/* If the process is killed here, the token was not given out. */
	atomic_thread_fence(memory_order_release);
	*(volatile uint16_t *)&to->filled = 1;
	s->n++;
	int64_t issued_at = s->times.opened_at + slot->issued;
	s->last_issued_at = issued_at > s->last_issued_at ? issued_at : s->last_issued_at;
	return ST_OK;
}

const struct slot *slots_at(const struct slots *s, size_t i) { return &s->file->slots[i]; }

bool slots_are_over(const struct slots *s, int64_t now)
{
	if (now >= s->times.ends_at)
		return true;
	/* Of another start of the machine, what is missing may be younger than what is there. */
	return s->whole && now >= s->times.closes_at &&
	       now >= s->last_issued_at + s->times.token_s + LATE_S;
}
