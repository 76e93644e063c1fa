#include "open.h"

#include <string.h>

#define ERROR_FAILED "io.oriel.Agent1.Error.Failed"

struct ga_opener {
	GaDbusAgent1 *object;
	bool (*tell)(void *data, const struct vp_message *message);
	void *data;
	GHashTable *calls; /* request → GDBusMethodInvocation that waits for its answer */
	uint32_t last_request;
};

static void fail_call(GDBusMethodInvocation *call, const char *reason)
{
	g_dbus_method_invocation_return_dbus_error(call, ERROR_FAILED, reason);
}

static uint32_t next_request(struct ga_opener *opener)
{
	do
		opener->last_request++;
	while (opener->last_request == 0 ||
		g_hash_table_contains(opener->calls, GUINT_TO_POINTER(opener->last_request)));
	return opener->last_request;
}

/* NULL if the request can be sent, else why not. */
static const char *check(const struct ga_opener *opener, const char *target, const char *url)
{
	if (url[0] == '\0')
		return "there is nothing to open: name a URL";
	if (strlen(url) > VP_URL_MAX)
		return "the URL is too long to be opened elsewhere";
	if (strlen(target) > VP_NAME_MAX)
		return "there is no VM of so long a name";
	if (g_hash_table_size(opener->calls) >= VP_OPENS_MAX)
		return "too much waits to be opened; try again when the user has answered";
	return NULL;
}

static gboolean handle_open(GaDbusAgent1 *object, GDBusMethodInvocation *call, const char *target,
	const char *url, gpointer data)
{
	struct ga_opener *opener = data;
	const char *problem = check(opener, target, url);
	(void)object;
	if (problem != NULL) {
		fail_call(call, problem);
		return TRUE;
	}
	uint32_t request = next_request(opener);
	if (opener->tell(opener->data, VP_MESSAGE(OPEN_REQUEST, open_request, .request = request,
					       .target = vp_text_from(target, VP_NAME_MAX),
					       .url = vp_text_from(url, VP_URL_MAX))))
		g_hash_table_insert(opener->calls, GUINT_TO_POINTER(request), call);
	else
		fail_call(call, "no primary is connected to this VM");
	return TRUE;
}

struct ga_opener *ga_opener_create(GaDbusAgent1 *object,
	bool (*tell)(void *data, const struct vp_message *message), void *data)
{
	struct ga_opener *opener = g_new0(struct ga_opener, 1);
	opener->object = g_object_ref(object);
	opener->tell = tell;
	opener->data = data;
	opener->calls = g_hash_table_new(NULL, NULL);
	g_signal_connect(object, "handle-open", G_CALLBACK(handle_open), opener);
	return opener;
}

void ga_opener_handle_message(struct ga_opener *opener, const struct vp_message *message)
{
	if (message->op != VP_OP_OPEN_ANSWER)
		return;
	const struct vp_open_answer *answer = &message->open_answer;
	GDBusMethodInvocation *call = NULL;
	if (!g_hash_table_steal_extended(
		    opener->calls, GUINT_TO_POINTER(answer->request), NULL, (gpointer *)&call))
		return;
	if (answer->opened != 0) {
		ga_dbus_agent1_complete_open(opener->object, call);
		return;
	}
	g_autofree char *reason = g_strndup(answer->message.data, answer->message.len);
	fail_call(call, reason);
}

void ga_opener_primary_left(struct ga_opener *opener)
{
	GHashTableIter calls;
	gpointer call;
	g_hash_table_iter_init(&calls, opener->calls);
	while (g_hash_table_iter_next(&calls, NULL, &call)) {
		g_hash_table_iter_remove(&calls);
		fail_call(call, "the primary has left before it answered");
	}
}

void ga_opener_destroy(struct ga_opener *opener)
{
	if (opener == NULL)
		return;
	ga_opener_primary_left(opener);
	g_signal_handlers_disconnect_by_data(opener->object, opener);
	g_object_unref(opener->object);
	g_hash_table_destroy(opener->calls);
	g_free(opener);
}
