/* Telling a service manager how it goes: sd_notify(3), without its library. Threads: all may call.
 */
#pragma once

/* Send a line such as "READY=1" to $NOTIFY_SOCKET; nothing where there is none. */
void notify(const char *state);
