/*
 * What a service manager hands to a program that it starts, and hears from it: see
 * sd_listen_fds(3) and sd_notify(3).
 */
#pragma once

#include <glib.h>

struct hc_service {
	int socket; /* a stream socket that listens already; -1: none */
	char *notify_path; /* of the socket that hears; NULL: nobody does */
};

/* Takes what is there out of the environment, so that no child takes it for its own. False with an
 * error if it is of no use; service is valid all the same. */
gboolean hc_service_take(struct hc_service *service, GError **error);

/* Tells an assignment such as READY=1; it works without. */
void hc_service_tell(const struct hc_service *service, const char *assignment);

/* The socket is not closed. */
void hc_service_finish(struct hc_service *service);
