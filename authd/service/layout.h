/* What stands where in the data directory. One place says it, for authd and for the offline tools. */
#pragma once

#include "conf/conf.h"

/* In the arena; NULL without memory. */
static inline const char *layout_records(const struct conf *conf, struct arena *a)
{
	return (const char *)arena_format(a, "%s/records", conf->data_dir).p;
}
static inline const char *layout_cache(const struct conf *conf, struct arena *a)
{
	return (const char *)arena_format(a, "%s/cache", conf->data_dir).p;
}
/* Beside the keys, so that who puts old data back does not put these back with them. */
static inline const char *layout_checkpoints(const struct conf *conf, struct arena *a)
{
	if (conf->audit.checkpoints_file)
		return conf->audit.checkpoints_file;
	return (const char *)arena_format(a, "%s/audit/checkpoints", conf->keys_dir).p;
}
static inline const char *layout_status_lists(const struct conf *conf, struct arena *a)
{
	return (const char *)arena_format(a, "%s/status-lists", conf->data_dir).p;
}
