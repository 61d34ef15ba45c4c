/*
 * A sample relying portal: OpenID Connect by the code flow with PKCE, tokens verified offline by
 * libauth. Start reading at flow.h.
 */
#include "examples/portal/server.h"

#include <curl/curl.h>
#include <signal.h>

static int serve(struct portal *p)
{
	sigset_t ends;
	int signal;
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ends, NULL); /* before there are threads to inherit it */
	struct server *server = server_start(p);
	if (!server)
		return 1;
	sigwait(&ends, &signal);
	server_stop(server);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options;
	int code = options_read(argc, argv, &options);
	if (code)
		return code < 0 ? 0 : code;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	struct portal portal = {
	        .options = &options,
	        .issuer = issuer_new(&options),
	        .sessions = sessions_new(),
	};
	if (portal.issuer && portal.sessions)
		code = serve(&portal);
	else
		code = 1;
	sessions_free(portal.sessions);
	issuer_free(portal.issuer);
	options_done(&options);
	curl_global_cleanup();
	return code;
}
