/*
 * The broker, as its client sees it.
 */
#pragma once

#include <stdbool.h>

#include <gio/gio.h>

struct hc_client;

/* Connects to the broker, and starts one if none runs. NULL with an error; closed with
 * hc_client_close(). */
struct hc_client *hc_client_open(GError **error);

/* As above, but NULL without an error if none runs. */
struct hc_client *hc_client_open_running(GError **error);

/* The version of the broker, the caller's; NULL with an error. */
char *hc_client_get_version(struct hc_client *client, GError **error);

/* As hc_client_open(), for commands that can start a VM: it shows its windows on this program's
 * display. */
struct hc_client *hc_client_open_to_start(GError **error);

/* NULL is legal. */
void hc_client_close(struct hc_client *client);

/* Calls a method and waits for the answer as long as it takes, or for timeout_ms if that is not
 * negative (then G_IO_ERROR_TIMED_OUT). parameters may be floating. The result is the caller's;
 * NULL with an error for the user, G_IO_ERROR_PERMISSION_DENIED if the policy denies it. */
GVariant *hc_client_call(struct hc_client *client, const char *method, GVariant *parameters,
	const char *reply_type, int timeout_ms, GError **error);

/* As above, for methods whose answer brings a descriptor, which is the caller's. */
GVariant *hc_client_call_fd(struct hc_client *client, const char *method, GVariant *parameters,
	const char *reply_type, int *fd, GError **error);

/* As hc_client_call() without a limit of time, for methods that may ask the user; asked is called
 * when they do. */
GVariant *hc_client_call_asking(struct hc_client *client, const char *method, GVariant *parameters,
	const char *reply_type, void (*asked)(void), GError **error);

/* Calls a method, and does not wait for the answer. parameters may be floating. */
void hc_client_send(struct hc_client *client, const char *method, GVariant *parameters);

/* Who is told of a signal of the broker's. */
struct hc_follower {
	const char *signal;
	void (*handle)(void *data, GVariant *parameters);
	void *data;
};

/* As hc_client_call() without a limit of time; meanwhile the thread's main context runs, and
 * followers, the last of which has no signal, are told. */
GVariant *hc_client_call_following(struct hc_client *client, const char *method,
	GVariant *parameters, const char *reply_type, const struct hc_follower *followers,
	GError **error);

/* Asks the broker, which is started if none runs, for what a method returns as its one list, the
 * caller's. parameters may be floating or NULL. NULL with an error for the user. */
GVariant *hc_client_list(const char *method, GVariant *parameters, GError **error);
